"""Explanations in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonevest.reports.explain import Explanation


def text_of(explanation: Explanation, lang: str) -> str:
    """The words of an explanation, ``en`` or ``zh``."""
    return ""
