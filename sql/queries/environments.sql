-- name: create :one
insert into library.environment (cloud_name)
values (%(cloud_name)s)
on conflict (cloud_name) do nothing
returning environment_id, cloud_name, visual_search, library_preset, api_preset, created_at;

-- name: find :one
select environment_id, cloud_name, visual_search, library_preset, api_preset, created_at
from library.environment
where cloud_name = %(cloud_name)s;

-- name: list :many
select environment_id, cloud_name, visual_search, library_preset, api_preset, created_at
from library.environment
order by cloud_name;

-- name: switch_visual_search :one
update library.environment
set visual_search = %(visual_search)s
where environment_id = %(environment_id)s
returning environment_id, cloud_name, visual_search, library_preset, api_preset, created_at;

-- name: coverage :one
-- How far indexing has come, for progress bars and pages.
select images, indexed, pending, failed
from report.coverage
where cloud_name = %(cloud_name)s;
