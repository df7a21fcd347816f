create view report.recall as
select
    environment.cloud_name,
    recall_audit.audited_at,
    model.name as model,
    recall_audit.k,
    recall_audit.ef_search,
    recall_audit.queries,
    recall_audit.text_queries,
    recall_audit.recall,
    recall_audit.low,
    recall_audit.high,
    recall_audit.duration_ms
from library.recall_audit
join library.environment using (environment_id)
join library.model using (model_id);

comment on view report.recall is
    'Audits of approximate answers: the mean share of the k nearest images that the index found, with '
    'its 95 % interval, on words that were searched and on stored images';
