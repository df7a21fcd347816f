-- name: find :one
select vector
from library.query_vector
where model_id = %(model_id)s and query = %(query)s;

-- name: store :none
insert into library.query_vector (model_id, query, vector)
values (%(model_id)s, %(query)s, %(vector)b)
on conflict (model_id, query) do nothing;

-- name: trim :none
-- Keeps the newest; a query that returns is encoded again in some 15 ms.
delete from library.query_vector
where created_at < (
    select created_at
    from library.query_vector
    order by created_at desc
    offset %(keep)s
    limit 1
);
