"""HubSpot's pipelines: which stages there are, and which of them mean won and lost."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.errors import ConfigError
from icpfit.sources.crm.hubspot import PIPELINE_OF, STAGE
from icpfit.sources.crm.stages import Rules
from icpfit.sources.crm.table import CrmTable
from icpfit.sources.crm.view import define
from icpfit.sources.mapping import closest

_STAGE = "stage_id, label, pipeline_id, closed, won, probability"
_NO_STAGE = """SELECT CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR),
    CAST(NULL AS BOOLEAN), CAST(NULL AS BOOLEAN), CAST(NULL AS DOUBLE) WHERE false"""


def know_stages(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable]) -> None:
    """The tables ``icpfit crm pipelines`` (pipeline_id, label) and ``icpfit crm stages`` (stage_id, label, pipeline, state).

    A stage is won where the CRM says so or where it is closed at a probability of 1, lost where it is closed otherwise.
    A stage that was deleted still says what old deals mean by it.
    """
    pipeline, stage = tables.get("deal_pipeline"), tables.get("deal_pipeline_stage")
    pipelines = ["SELECT '' AS pipeline_id, '' AS label WHERE false"]
    stages = [_NO_STAGE]
    if pipeline is not None:
        key = pipeline.text("pipeline_id", "pipelineId", "id")
        pipelines.append(f"SELECT {key}, {pipeline.text('label')} FROM {pipeline.relation} t WHERE {key} IS NOT NULL")
        if pipeline.has("stages"):
            stages.append(_from_json(pipeline, key))
    if stage is not None:
        stage.needed("the stage's id", "stage_id", "id")
        of_pipeline, joins = stage.text("pipeline_id"), ""
        if pipeline is not None and not stage.has("pipeline_id") and pipeline.has("_dlt_id"):
            joins = f"LEFT JOIN (SELECT {pipeline.text('_dlt_id')} AS dlt_id, {key} AS pipeline_id FROM {pipeline.relation} t) d"
            joins += f" ON d.dlt_id = {stage.text('_dlt_parent_id')}"
            of_pipeline = "d.pipeline_id"
        closed, won = stage.flag("is_closed", "metadata__is_closed"), stage.flag("closed_won")
        cells = (
            stage.text("stage_id", "id"),
            stage.text("label"),
            of_pipeline,
            closed,
            won,
            stage.number("probability", "metadata__probability"),
        )
        stages.append(f"SELECT {', '.join(cells)} FROM {stage.relation} t {joins}")
    define(connection, "pipelines", f"SELECT pipeline_id, min(label) AS label FROM ({' UNION ALL '.join(pipelines)}) GROUP BY pipeline_id")
    define(
        connection,
        "stages",
        f"""
        WITH all_stages({_STAGE}) AS ({" UNION ALL ".join(stages)})
        SELECT stage_id, min(a.label) AS label, min(p.label) AS pipeline, max(probability) AS probability,
            CASE WHEN bool_or(coalesce(won, false) OR (coalesce(closed, false) AND probability = 1)) THEN 'won'
                WHEN bool_or(coalesce(closed, false)) THEN 'lost' ELSE 'open' END AS state
        FROM all_stages a LEFT JOIN "icpfit crm pipelines" p USING (pipeline_id) WHERE stage_id IS NOT NULL GROUP BY stage_id""",
    )


def _from_json(pipeline: CrmTable, key: str) -> str:
    """Stages as a list in their pipeline's row, as the API gives them."""
    cell = f"TRY_CAST({pipeline.text('stages')} AS JSON)"
    text = "json_extract_string(s, '$.{}')".format
    closed = f"lower({text('metadata.isClosed')}) = 'true'"
    probability = f"TRY_CAST({text('metadata.probability')} AS DOUBLE)"
    return f"""SELECT coalesce({text("stageId")}, {text("id")}), {text("label")}, pipeline_id, {closed}, NULL::BOOLEAN, {probability}
        FROM (SELECT unnest(CAST({cell} AS JSON[])) AS s, {key} AS pipeline_id FROM {pipeline.relation} t)"""


def check_pipelines(connection: duckdb.DuckDBPyConnection, deal: CrmTable, rules: Rules) -> None:
    """Raises ConfigError for a pipeline in the configuration that neither the pipelines nor the deals know."""
    if not rules.pipelines:
        return
    deal.needed("the deal's pipeline", *PIPELINE_OF)
    rows = connection.execute(f"""
        SELECT pipeline_id FROM "icpfit crm pipelines" UNION SELECT label FROM "icpfit crm pipelines"
        UNION SELECT {deal.text(*PIPELINE_OF)} FROM {deal.relation} t""").fetchall()
    known = sorted({str(r[0]) for r in rows if r[0] is not None})
    for name in rules.pipelines:
        if name.strip().lower() not in {k.lower() for k in known}:
            raise ConfigError(
                f"source.pipelines: there is no pipeline {name!r}", hint=closest(name, known) or f"there are {', '.join(known[:12])}"
            )


def doubtful_stages(connection: duckdb.DuckDBPyConnection, deal: CrmTable, rules: Rules) -> list[tuple[str, int]]:
    """Stages at a probability of 0 that the CRM does not call closed and the configuration does not name, with their deals."""
    named = {s.lower() for s in rules.stages}
    rows = connection.execute(f"""
        SELECT s.stage_id, s.label, count(*) FROM {deal.relation} t JOIN "icpfit crm stages" s ON s.stage_id = {deal.text(*STAGE)}
        WHERE s.state = 'open' AND s.probability = 0 GROUP BY ALL ORDER BY 3 DESC, 1""").fetchall()
    return [(str(r[1] or r[0]), int(r[2])) for r in rows if not {str(r[0]).lower(), str(r[1]).lower()} & named]
