"""From what the user asks for to a `Trainer` that is ready to run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from model import __version__
from model.config import PRESETS, FeatureConfig, NetworkConfig, TrainingConfig, from_json, with_overrides
from model.corpus import Corpus, FeatureCache, describe, open_corpus, parse_choices, require_fit
from model.distributed import first_alone, local_rank, rank, restarts
from model.errors import UserError
from model.progress import Report, of_step
from model.run_folder import RunFolder

if TYPE_CHECKING:
    import torch

    from model.checkpoint import CheckpointHeader
    from model.training import Control, Trainer


_SAME_CORPUS = (
    "The network is scored on the corpus it learns from, so the scores say little of other speech; choose another to "
    "score on."
)


@dataclass(frozen=True)
class TrainingRequest:
    """A run as the command line asks for it.

    Attributes
    ----------
    train, dev
        Paths of the corpora.
    out
        Folder of the run.
    dev_part
        Sub-corpus of `dev` that is scored, empty for all of it.
    choose
        Ways to read the corpora, ``NAME=VALUE``.
    preset
        Name of a built-in preset.
    set
        Changes to it, ``FIELD=VALUE`` or ``network.FIELD=VALUE``.
    start_from
        Checkpoint whose sizes, features and weights the run begins with.
    resume
        Go on with the run in `out`.
    title, notes
        Words stored in the checkpoints.
    """

    train: str
    dev: str
    out: str
    dev_part: str | None = None
    choose: tuple[str, ...] | list[str] = ()
    preset: str = "compact"
    set: tuple[str, ...] | list[str] = ()
    start_from: str | None = None
    resume: bool = False
    title: str = ""
    notes: str = ""


def set_up(request: TrainingRequest, device: torch.device, control: Control, report: Report) -> Trainer:
    """Read the corpora, make the folder and return the trainer, resumed or started from a checkpoint where asked.

    Raises
    ------
    UserError
        Something asked for is missing or does not fit.
    Cancelled
        `report` answered False.
    """
    from model.checkpoint import load_checkpoint
    from model.training import Trainer

    folder = RunFolder(request.out)
    # After one of the processes failed, torchrun starts all with the arguments of the first time.
    resume = request.resume or (restarts() > 0 and folder.resumable)
    if resume and request.start_from and not restarts():
        raise UserError("--resume goes on with the weights of the run; leave out --start-from.")
    parent, started = load_checkpoint(request.start_from) if request.start_from else (None, None)
    before = _before(request, folder, resume)
    network, config = overridden(before.network if started is None else started.network, before.config, request.set)
    if started is not None and network != replace(started.network, dropout=network.dropout):
        raise UserError(f"The sizes of {request.start_from} cannot be changed, only network.dropout.")
    choose = parse_choices(request.choose)
    train, dev = open_corpus(request.train, choose=choose, split="train"), open_corpus(request.dev, choose=choose)
    if request.dev_part:
        dev = dev.known_part(request.dev_part)
    described = [describe(corpus) for corpus in (train, dev)]
    train = train.with_altered_copies(config.altered_copies)
    recipe = started.features if started is not None else before.features
    header = replace(
        _header(network, recipe, train, dev, started),
        title=request.title or before.title,
        notes=request.notes or before.notes,
    )
    with first_alone(rank() == 0):
        if rank() == 0:
            folder.prepare(resume=resume)
    with first_alone(local_rank() == 0):
        caches = [features_of(corpus, header, report) for corpus in (train, dev)]
    trainer = Trainer(folder, header, config, *caches, device=device, control=control)
    trainer.notices[:0] = described
    if train.path.absolute() == dev.path.absolute() and not request.dev_part:
        trainer.notices.append(_SAME_CORPUS)
    if resume:
        trainer.resume()
    elif parent is not None:
        trainer.start_from(parent.state_dict())
    return trainer


class _Before(NamedTuple):
    """What a run has before anything is changed by ``--set``."""

    network: NetworkConfig
    config: TrainingConfig
    title: str
    notes: str
    features: FeatureConfig | None


def _before(request: TrainingRequest, folder: RunFolder, resume: bool) -> _Before:
    """Return what the preset says, or on resuming what the run was started with."""
    if resume and folder.resumable:
        sizes, settings, title, notes = folder.started_with()
        features = folder.load_state().get("features")
        recipe = None if features is None else from_json(FeatureConfig, features)
        return _Before(from_json(NetworkConfig, sizes), from_json(TrainingConfig, settings), title, notes, recipe)
    preset = PRESETS[request.preset]
    return _Before(preset.network, preset.training, Path(request.out).name, "", None)


def _header(
    network: NetworkConfig, recipe: FeatureConfig | None, train: Corpus, dev: Corpus, parent: CheckpointHeader | None
) -> CheckpointHeader:
    """Return the header of the checkpoints: features and symbols are the corpus's where no recipe is given."""
    from model.checkpoint import CheckpointHeader

    if dev.table.symbols != train.table.symbols or dev.recipe != train.recipe:
        raise UserError(f"{train.path} and {dev.path} hold different features or symbols; choose two of one kind.")
    if recipe is None:
        recipe = train.recipe or FeatureConfig()
        network = replace(network, features=recipe.coefficients, classes=len(train.table))
    header = CheckpointHeader(network, recipe, train.table) if parent is None else replace(parent, network=network)
    require_fit(header, train)
    return replace(header, history=(), scores={}, program_version=__version__)


def overridden(
    network: NetworkConfig, config: TrainingConfig, assignments: tuple[str, ...] | list[str]
) -> tuple[NetworkConfig, TrainingConfig]:
    """Apply ``FIELD=VALUE`` to the training settings, and to the network's where the name begins with ``network.``."""
    sizes: dict[str, str] = {}
    settings: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UserError(f"--set takes FIELD=VALUE, not {assignment!r}.")
        target = sizes if name.startswith("network.") else settings
        target[name.removeprefix("network.")] = value
    try:
        return with_overrides(network, sizes), with_overrides(config, settings)
    except UserError as error:
        if sizes or not str(error).startswith("There is no setting"):
            raise
        raise UserError(f"{str(error)[:-1]}, or network.FIELD for a size of the network.") from None


def features_of(corpus: Corpus, header: CheckpointHeader, report: Report) -> FeatureCache:
    """Return the features of a corpus by the recipe of a header, computed where they are not kept; may raise."""
    told = of_step(report, f"computing features of {corpus.path.name}")
    return FeatureCache.open(corpus, header.features, report=told)
