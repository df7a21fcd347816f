-- name: record :none
insert into library.search_event (
    environment_id, searched_at, kind, query, mode, candidates, returned, best_score, encode_ms, rank_ms,
    hits, best_match, filtered, complete, continued
)
values (
    %(environment_id)s, %(searched_at)s, %(kind)s, library.loggable(%(query)s), %(mode)s, %(candidates)s,
    %(returned)s, %(best_score)s, %(encode_ms)s, %(rank_ms)s,
    %(hits)s, %(best_match)s, %(filtered)s, %(complete)s, %(continued)s
);

-- name: note_shown :none
-- Puts what was shown since the last time into shown_asset. Events come late by the second between
-- two writes of the log, and by what the clocks of servers differ: the last minutes are read again.
with due as (
    select environment_id, shown_until
    from library.environment
    where exists (
        select
        from library.search_event as event
        where event.environment_id = environment.environment_id
            and event.searched_at >= environment.shown_until
    )
    for no key update skip locked
),
news as materialized (
    select hit.environment_id, hit.asset_id
    from (
        select distinct due.environment_id, page.asset_id
        from due
        join library.search_event as event on event.environment_id = due.environment_id
            and event.searched_at >= due.shown_until
        cross join lateral unnest(event.hits) as page (asset_id)
    ) as hit
    where not exists (
        select
        from library.shown_asset as known
        where known.environment_id = hit.environment_id and known.asset_id = hit.asset_id
    )
    -- Two workers insert the same ones in the same order; and what is inserted is not read again.
    order by hit.environment_id, hit.asset_id
),
noted as (
    insert into library.shown_asset (environment_id, asset_id)
    select news.environment_id, present.asset_id
    from news
    -- One by one from the index: a join would read the whole library.
    cross join lateral (
        select asset.asset_id
        from library.asset
        where asset.environment_id = news.environment_id and asset.asset_id = news.asset_id
        for key share
    ) as present
    on conflict (environment_id, asset_id) do nothing
)
update library.environment
set shown_until = now() - interval '5 minutes'
from due
where environment.environment_id = due.environment_id;

-- name: trim :none
-- By environment, as the index has it.
delete from library.search_event
using library.environment
where search_event.environment_id = environment.environment_id
    and search_event.searched_at < now() - make_interval(days => %(days)s);
