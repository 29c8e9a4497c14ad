"""Findings of `rolecall validate` at their lines: SARIF made into the runner's own annotations, which take no permission."""

import json
import os
from pathlib import Path
from urllib.parse import unquote

from runner import annotate

# GitHub shows ten of a kind for each step.
SHOWN = 10
KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def show(sarif, directory):
    """Shows what a SARIF file says; its paths begin at the working copy, or at `directory` where there is none."""
    here = Path(directory).resolve()
    top = next((above for above in [here, *here.parents] if (above / ".git").exists()), here)
    results = [result for run in json.loads(sarif.read_text(encoding="utf-8"))["runs"] for result in run.get("results", [])]
    for result in results[:SHOWN]:
        place = next((location["physicalLocation"] for location in result.get("locations", [])), {})
        region = place.get("region", {})
        uri = place.get("artifactLocation", {}).get("uri")
        annotate(
            KINDS.get(result.get("level", "warning"), "notice"),
            result["message"]["text"],
            file=Path(os.path.relpath(top / unquote(uri))).as_posix() if uri else None,
            line=region.get("startLine"),
            endLine=region.get("endLine"),
            col=region.get("startColumn"),
            endColumn=region.get("endColumn"),
            title=f"Rolecall: {result['ruleId']}" if "ruleId" in result else "Rolecall",
        )
    if len(results) > SHOWN:
        annotate("notice", f"{len(results) - SHOWN} more findings are in the log")
