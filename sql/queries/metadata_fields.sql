-- name: list :many
select
    field.external_id, field.type, field.label, field.mandatory, field.default_value,
    field.default_disabled, field.validation, field.restrictions, field.allow_dynamic_list_values,
    field.position,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'external_id', entry.external_id, 'value', entry.value, 'state', entry.state,
                'position', entry.position
            )
            order by entry.position, entry.external_id
        ) filter (where entry.external_id is not null),
        '[]'
    ) as datasource
from library.metadata_field as field
left join library.metadata_entry as entry
    on entry.environment_id = field.environment_id
        and entry.field_id = field.external_id
        and entry.state = 'active'
where field.environment_id = %(environment_id)s and field.deleted_at is null
group by field.environment_id, field.external_id
order by field.position, field.external_id;

-- name: find :one
select
    field.external_id, field.type, field.label, field.mandatory, field.default_value,
    field.default_disabled, field.validation, field.restrictions, field.allow_dynamic_list_values,
    field.position,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'external_id', entry.external_id, 'value', entry.value,
                        'state', entry.state, 'position', entry.position
                    )
                    order by entry.position, entry.external_id
                )
            from library.metadata_entry as entry
            where entry.environment_id = field.environment_id
                and entry.field_id = field.external_id
                and entry.state = 'active'
        ),
        '[]'
    ) as datasource
from library.metadata_field as field
where field.environment_id = %(environment_id)s
    and field.external_id = %(external_id)s
    and field.deleted_at is null;

-- name: lock :one
-- Whoever changes a field or its datasource holds it until the end of the transaction.
select external_id
from library.metadata_field
where environment_id = %(environment_id)s
    and external_id = %(external_id)s
    and deleted_at is null
for no key update;

-- name: insert :one
-- At the end of the list. Nothing comes back when the external_id is taken, by a deleted field too.
insert into library.metadata_field (
    environment_id, external_id, type, label, mandatory, default_value, default_disabled, validation,
    restrictions, allow_dynamic_list_values, position
)
select
    %(environment_id)s, %(external_id)s, %(type)s, %(label)s, %(mandatory)s, %(default_value)s::jsonb,
    %(default_disabled)s, %(validation)s::jsonb, %(restrictions)s::jsonb,
    %(allow_dynamic_list_values)s, coalesce(max(position), 0) + 1
from library.metadata_field
where environment_id = %(environment_id)s
on conflict (environment_id, external_id) do nothing
returning external_id;

-- name: update :none
update library.metadata_field
set
    label = %(label)s,
    mandatory = %(mandatory)s,
    default_value = %(default_value)s::jsonb,
    default_disabled = %(default_disabled)s,
    validation = %(validation)s::jsonb,
    restrictions = %(restrictions)s::jsonb,
    allow_dynamic_list_values = %(allow_dynamic_list_values)s,
    updated_at = clock_timestamp()
where environment_id = %(environment_id)s and external_id = %(external_id)s;

-- name: delete :none
update library.metadata_field
set deleted_at = clock_timestamp(), default_value = null
where environment_id = %(environment_id)s and external_id = %(external_id)s;

-- name: forget_values :none
update library.asset
set metadata = metadata - %(external_id)s::text
where environment_id = %(environment_id)s and metadata ? %(external_id)s::text;

-- name: order :none
update library.metadata_field
set position = ranked.place
from (
    select
        external_id,
        row_number() over (
            order by
                case when %(order_by)s = 'label' and not %(descending)s then lower(label) end,
                case when %(order_by)s = 'label' and %(descending)s then lower(label) end desc,
                case when %(order_by)s = 'created_at' and not %(descending)s then created_at end,
                case when %(order_by)s = 'created_at' and %(descending)s then created_at end desc,
                case when not %(descending)s then external_id end,
                case when %(descending)s then external_id end desc
        ) as place
    from library.metadata_field
    where environment_id = %(environment_id)s and deleted_at is null
) as ranked
where metadata_field.environment_id = %(environment_id)s
    and metadata_field.external_id = ranked.external_id;

-- name: save_entries :none
-- Those that are there get the new value, become active and keep their place; new ones follow.
insert into library.metadata_entry (environment_id, field_id, external_id, value, position)
select
    %(environment_id)s, %(field_id)s, entry.external_id, entry.value,
    entry.place + coalesce(
        (
            select max(position)
            from library.metadata_entry
            where environment_id = %(environment_id)s and field_id = %(field_id)s
        ),
        0
    )
from unnest(%(external_ids)s::text[], %(values)s::text[]) with ordinality
    as entry (external_id, value, place)
on conflict (environment_id, field_id, external_id) do update
set value = excluded.value, state = 'active';

-- name: known_entries :one
-- How many of these are entries in that state.
select count(*) as known
from library.metadata_entry
where environment_id = %(environment_id)s
    and field_id = %(field_id)s
    and external_id = any(%(external_ids)s)
    and state = %(state)s;

-- name: set_state :none
update library.metadata_entry
set state = %(state)s
where environment_id = %(environment_id)s
    and field_id = %(field_id)s
    and external_id = any(%(external_ids)s);

-- name: order_entries :none
update library.metadata_entry
set position = ranked.place
from (
    select
        external_id,
        row_number() over (
            order by
                case when not %(descending)s then lower(value) end,
                case when %(descending)s then lower(value) end desc,
                external_id
        ) as place
    from library.metadata_entry
    where environment_id = %(environment_id)s and field_id = %(field_id)s
) as ranked
where metadata_entry.environment_id = %(environment_id)s
    and metadata_entry.field_id = %(field_id)s
    and metadata_entry.external_id = ranked.external_id;

-- name: search_entries :many
-- Active entries in whose value the term stands, in any case. No pattern: a percent sign means itself.
select external_id, value, state, position
from library.metadata_entry
where environment_id = %(environment_id)s
    and field_id = %(field_id)s
    and state = 'active'
    and strpos(lower(value), lower(%(term)s)) > 0
order by position, external_id
limit %(limit)s;
