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
comment on column report.recall.audited_at is 'When it was measured';
comment on column report.recall.model is 'The model that was in use';
comment on column report.recall.k is 'How many of the nearest images were compared';
comment on column report.recall.ef_search is 'Candidate list of the index';
comment on column report.recall.queries is 'How many queries were asked both ways';
comment on column report.recall.text_queries is 'Those of them that were words';
comment on column report.recall.recall is 'Mean share of the k nearest images that the index found';
comment on column report.recall.low is 'Lower end of its 95 % interval';
comment on column report.recall.high is 'Upper end of its 95 % interval';
comment on column report.recall.duration_ms is 'How long the audit took';
