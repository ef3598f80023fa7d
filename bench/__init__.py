"""Speed as ratios against baselines of the same run: `python -m bench [area …]`; see docs/performance.md."""
