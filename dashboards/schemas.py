"""Schemas: JSON schemas of what Grafana publishes about boards, and the grammar of TraceQL.

Grafana has no JSON schema of a whole board on a registry, but types, generated from its own
definitions, in the npm package `@grafana/schema` (Apache-2.0). They are turned into a JSON schema
here, which takes three seconds: the board, options and fields of each kind of panel that we use,
and Tempo's query. Its Prometheus query is not in that package; the SDK's type has it.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from collector.programs import provide

KINDS = {
    "timeseries": "TimeSeries",
    "stat": "Stat",
    "bargauge": "BarGauge",
    "table": "Table",
}
"""Kinds of panels that our boards have, and what their types are called."""
WITH_FIELDS = ("timeseries", "table")
"""Kinds whose fields have settings of their own."""
_RAW = "./node_modules/@grafana/schema/dist/esm/raw"
_TEMPO = f"{_RAW}/composable/tempo/dataquery/x/TempoDataQuery_types.gen"
_SETTINGS = {
    "compilerOptions": {
        "module": "esnext",
        "moduleResolution": "bundler",
        "preserveSymlinks": True,
        "skipLibCheck": True,
    },
    "files": ["published.ts"],
}
_PARSE = """
const { parser } = require("@grafana/lezer-traceql");
for (const query of JSON.parse(require("fs").readFileSync(0))) {
  let wrong = -1;
  parser.parse(query).iterate({ enter: (node) => {
    if (node.type.isError && wrong < 0) wrong = node.from;
  } });
  console.log(wrong);
}
"""


def published() -> dict[str, Any]:
    """Return a JSON schema by what it is of: `dashboard`, `tempo`, a kind of panel, `<kind>Field`.

    Raises:
        MissingProgramError: npm or node is not here, or the package cannot be had.

    """
    modules = provide("grafana-schema")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "node_modules").symlink_to(modules)
        (folder / "published.ts").write_text(_types())
        (folder / "tsconfig.json").write_text(json.dumps(_SETTINGS))
        done = subprocess.run(
            [
                *("node", modules / "ts-json-schema-generator/bin/ts-json-schema-generator.js"),
                *("--tsconfig", "tsconfig.json", "--path", "published.ts", "--type", "Published"),
                *("--expose", "none", "--no-top-ref"),
            ],
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        )
    schemas: dict[str, Any] = json.loads(done.stdout)["properties"]
    return schemas


def _types() -> str:
    lines = [
        f"import type {{ Dashboard }} from '{_RAW}/dashboard/x/dashboard_types.gen';",
        f"import type {{ TempoQuery }} from '{_TEMPO}';",
        *(
            f"import type * as {kind} from "
            f"'{_RAW}/composable/{kind}/panelcfg/x/{name}PanelCfg_types.gen';"
            for kind, name in KINDS.items()
        ),
        "export interface Published {",
        "  dashboard: Dashboard; tempo: TempoQuery;",
        *(f"  {kind}: {kind}.Options;" for kind in KINDS),
        *(f"  {kind}Field: {kind}.FieldConfig;" for kind in WITH_FIELDS),
        "}",
    ]
    return "\n".join(lines)


def traceql_errors(queries: Iterable[str]) -> list[int | None]:
    """Return where the grammar of Grafana's editor finds each query wrong; `None` if it does not.

    Raises:
        MissingProgramError: npm or node is not here, or the package cannot be had.

    """
    done = subprocess.run(
        ["node", "-e", _PARSE],
        cwd=provide("traceql").parent,
        input=json.dumps(list(queries)),
        capture_output=True,
        text=True,
        check=True,
    )
    places = [int(line) for line in done.stdout.split()]
    return [None if place < 0 else place for place in places]
