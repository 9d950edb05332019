import hashlib
import re
from pathlib import Path

RESOURCES = Path(__file__).parent.parent / "resources"
LINE = re.compile(r"^    ([0-9a-f]{64})  (\S+)$", re.MULTILINE)


def test_the_hashes_of_the_model_card_are_those_of_the_files():
    card = (RESOURCES / "MODEL_CARD.md").read_text(encoding="utf-8")
    said = {name: digest for digest, name in LINE.findall(card)}
    found = {name: hashlib.sha256((RESOURCES / name).read_bytes()).hexdigest() for name in said}
    assert said == found
    # What a network or a language model is read from has a hash.
    assert set(said) == {path.name for path in RESOURCES.iterdir() if path.suffix in (".safetensors", ".arpa")}
