import subprocess
import sys
from pathlib import Path

import pytest

from phonegui.__main__ import main
from tests.phonegui.test_cli import make_corpus

ROOT = Path(__file__).parent.parent.parent

SHARED = """
import contextlib, os, sys
from multiprocessing import get_context

def work(rank, commands, port, folder):
    os.environ.update(WORLD_SIZE="2", RANK=str(rank), LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
    os.environ["TORCHELASTIC_USE_AGENT_STORE"] = "True"  # the parent has it, as torchrun does
    import torch
    from phonegui.__main__ import main
    torch.set_num_threads(1)
    for number, command in enumerate(commands):
        os.environ["TORCHELASTIC_RESTART_COUNT"] = str(number)
        with open(f"{folder}/{number}.{rank}", "w") as file, contextlib.redirect_stdout(file):
            status = main(command.split("\\t"))
            print(status)

if __name__ == "__main__":
    import librosa, soundfile, torch, model.decoding._search_kernel, model.evaluation, phonegui.commands
    folder, *commands = sys.argv[1:]
    store = torch.distributed.TCPStore("127.0.0.1", 0, None, True, wait_for_workers=False)
    context = get_context("fork")
    workers = [context.Process(target=work, args=(rank, commands, str(store.port), folder)) for rank in range(2)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    sys.exit(max(abs(worker.exitcode) for worker in workers))
"""


def together(folder, *commands):
    """Return what each of two processes prints and returns at last, for every command."""
    script = folder / "shared.py"
    script.write_text(SHARED)
    lines = [sys.executable, str(script), str(folder), *("\t".join(command) for command in commands)]
    environment = {"PYTHONPATH": str(ROOT), "PHONEGUI_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(lines, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    outputs = [[(folder / f"{number}.{rank}").read_text() for rank in range(2)] for number in range(len(commands))]
    return outputs, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_two_processes_give_what_one_gives_once_and_in_order(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PHONEGUI_CACHE", str(tmp_path / "own_cache"))
    manifest = str(make_corpus(tmp_path, 5))
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    files = [str(broken if number == 3 else tmp_path / f"{number}.wav") for number in range(5)]
    commands = [
        ["evaluate", manifest, "--beam-width", "4", "--widths"],
        ["transcribe", *files],
        ["transcribe", *files, "--format", "json"],
        ["submit", manifest, "--out", str(tmp_path / "two.csv"), "--beam-width", "4"],
    ]
    outputs, errors = together(tmp_path, *commands)
    assert [second for _, second in outputs] == ["0\n"] * 4
    assert errors.count("broken.wav: ") == 2  # told once by each of the transcriptions
    (scores, _), (text, _), (json, _), (told, _) = outputs
    main(commands[0])
    # All but the times.
    alone = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("seconds")]
    both = [line for line in scores.splitlines() if not line.startswith("seconds")][:-1]
    split = alone.index("beam width  phone errors  Levenshtein  ms an utterance")
    assert both[:split] == alone[:split]
    assert [line.split()[:4] for line in both[split:]] == [line.split()[:4] for line in alone[split:]]
    for command, found in ((commands[1], text), (commands[2], json)):
        assert main(command) == 2
        assert found == capsys.readouterr().out + "2\n"
    assert main([*commands[3][:3], str(tmp_path / "one.csv"), "--beam-width", "4"]) == 0
    assert told.replace("two.", "one.") == capsys.readouterr().out + "0\n"
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
