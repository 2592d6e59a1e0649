"""Tests, in the folders of what they test; drawings/ holds the drawings that everything is tried on."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
