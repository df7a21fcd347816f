-- name: list :many
select external_id, metadata_field_id, name, condition, result, state, position
from library.metadata_rule
where environment_id = %(environment_id)s
order by position, created_at, external_id;

-- name: find :one
select external_id, metadata_field_id, name, condition, result, state, position
from library.metadata_rule
where environment_id = %(environment_id)s and external_id = %(external_id)s;

-- name: lock :one
-- Two updates of a rule follow each other: each keeps what the other one changed.
select external_id
from library.metadata_rule
where environment_id = %(environment_id)s and external_id = %(external_id)s
for update;

-- name: insert :one
-- Nothing comes back when the external_id is taken, or there are as many rules as there may be.
insert into library.metadata_rule (
    environment_id, external_id, metadata_field_id, name, condition, result, state, position
)
select
    %(environment_id)s, %(external_id)s, %(metadata_field_id)s, %(name)s, %(condition)s::jsonb,
    %(result)s::jsonb, %(state)s, %(position)s
where (
    select count(*) from library.metadata_rule where environment_id = %(environment_id)s
) < %(most)s
on conflict (environment_id, external_id) do nothing
returning external_id;

-- name: update :none
update library.metadata_rule
set
    metadata_field_id = %(metadata_field_id)s,
    name = %(name)s,
    condition = %(condition)s::jsonb,
    result = %(result)s::jsonb,
    state = %(state)s,
    position = %(position)s
where environment_id = %(environment_id)s and external_id = %(external_id)s;

-- name: delete :one
delete from library.metadata_rule
where environment_id = %(environment_id)s and external_id = %(external_id)s
returning external_id;

-- name: using :one
-- A rule that is about a field, or whose condition is.
select external_id
from library.metadata_rule
where environment_id = %(environment_id)s
    and (
        metadata_field_id = %(field_id)s
        or jsonb_path_exists(
            condition,
            '$.**.metadata_field_id ? (@ == $field)',
            jsonb_build_object('field', %(field_id)s::text)
        )
    )
order by position, created_at
limit 1;
