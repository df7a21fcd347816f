-- name: record :none
insert into library.search_event (
    environment_id, searched_at, kind, query, mode, candidates, returned, best_score, encode_ms, rank_ms
)
values (
    %(environment_id)s, %(searched_at)s, %(kind)s, %(query)s, %(mode)s, %(candidates)s, %(returned)s,
    %(best_score)s, %(encode_ms)s, %(rank_ms)s
);
