create function search.recall_of(
    environment bigint, query halfvec, k integer default 10, ef_search integer default 100
) returns double precision
language sql stable as $$
    -- Both in one statement, so that both see the same images. An image at the distance of the last
    -- one counts: which of several equals is among the k is no question of recall.
    with exact as (
        select max(hit.distance) as farthest, count(*) as found
        from search.rank(
            environment => recall_of.environment, query => recall_of.query,
            max_results => recall_of.k, exact_limit => 2147483647) as answer
        cross join lateral unnest(answer.hits) as hit
    ), approximate as (
        select hit.distance
        from search.rank(
            environment => recall_of.environment, query => recall_of.query,
            max_results => recall_of.k, exact_limit => 0, ef_search => recall_of.ef_search) as answer
        cross join lateral unnest(answer.hits) as hit
    )
    select count(approximate.distance) / nullif(exact.found, 0)::double precision
    from exact
    left join approximate on approximate.distance <= exact.farthest + 1e-6
    group by exact.found
$$;

comment on function search.recall_of(bigint, halfvec, integer, integer) is
    'Which share of the k nearest images the HNSW index finds; null in an empty environment';

create function search.wilson(share double precision, observations bigint)
returns table (low double precision, high double precision)
language sql immutable parallel safe as $$
    select
        greatest(0, least(share, (centre - margin) / (1 + z2 / observations))),
        least(1, greatest(share, (centre + margin) / (1 + z2 / observations)))
    from (values (1.96 ^ 2)) as normal (z2)
    cross join lateral (
        select
            share + z2 / (2 * observations) as centre,
            sqrt(z2 * (share * (1 - share) / observations + z2 / (4 * observations ^ 2))) as margin
    ) as parts
$$;

comment on function search.wilson(double precision, bigint) is
    '95 % confidence interval of a share (Wilson 1927); unlike the normal one it is sensible near 1';

create type search.audit as (
    recall double precision,
    low double precision,
    high double precision,
    queries integer,
    audited_at timestamptz
);

comment on type search.audit is
    'Recall of approximate answers with its 95 % interval, measured on that many queries';

create function search.audited_recall(environment bigint) returns search.audit
language sql stable as $$
    select
        (recall_audit.recall, recall_audit.low, recall_audit.high, recall_audit.queries,
            recall_audit.audited_at)::search.audit
    from library.recall_audit
    join library.model using (model_id)
    where recall_audit.environment_id = environment and model.state = 'active'
    order by recall_audit.audited_at desc
    limit 1
$$;

comment on function search.audited_recall(bigint) is
    'The latest audit of approximate answers under the active model, or null if there was none';

create function search.recall_of_answers(environment bigint, mode text) returns jsonb
language sql stable as $$
    select case when mode = 'approximate' then to_jsonb(search.audited_recall(environment)) end
$$;

comment on function search.recall_of_answers(bigint, text) is
    'What an answer of that mode says of its recall: the last audit if it is approximate, else null';
