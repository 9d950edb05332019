"""The evaluation panel: what a checkpoint gets wrong over a corpus."""

from phonegui.panels.evaluation.panel import EvaluationPanel

__all__ = ["EvaluationPanel"]
