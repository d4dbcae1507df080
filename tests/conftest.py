"""Let every conversation import the helpers that stand in this folder."""
import pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
