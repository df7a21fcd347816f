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

-- name: trim :none
-- By environment, as the index has it.
delete from library.search_event
using library.environment
where search_event.environment_id = environment.environment_id
    and search_event.searched_at < now() - make_interval(days => %(days)s);
