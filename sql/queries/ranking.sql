-- Each answer is a page of a ranking with its assets, in order; at least one row, with the summary,
-- whose asset is null when the page is empty. No row at all when the vector's model is not the
-- active one any more: vectors of two models have nothing to do with each other.

-- name: rank :many
with answer as materialized (
    -- Here once, and not below once for each image of the page.
    select answer.*, search.recall_of_answers(%(environment_id)s, answer.mode) as recall
    from library.model
    cross join lateral search.rank(
        %(environment_id)s, %(vector)b, %(max_results)s, %(threshold)s, %(direction)s,
        %(filter)s, %(filter_values)s, %(exact)s, %(collapse)s, %(like_asset)s,
        %(after_distance)s, %(after_asset_id)s, %(best_distance)s, %(within)s, %(skipped)s,
        %(known_total)s, %(exact_limit)s, %(ef_search)s
    ) as answer
    where model.model_id = %(model_id)s and model.state = 'active'
)
{page};

-- name: sorted :many
with answer as materialized (
    select answer.*, search.recall_of_answers(%(environment_id)s, answer.mode) as recall
    from library.model
    cross join lateral search.sorted(
        %(environment_id)s, %(vector)b, %(sort_field)s, %(descending)s, %(threshold)s,
        %(max_results)s, %(direction)s, %(filter)s, %(filter_values)s,
        %(after_key)s, %(after_asset_id)s, %(within)s, %(known_total)s
    ) as answer
    where model.model_id = %(model_id)s and model.state = 'active'
)
{page};

-- name: keep :one
-- No row when the ranking was not approximate: exact pages cost the same however deep they are. It
-- never becomes exact for want of a few (most_exact 0): what is kept may end earlier than it could.
insert into library.kept_ranking (
    environment_id, asset_ids, distances, candidates, estimated, is_whole
)
select
    %(environment_id)s, hit.asset_ids, hit.distances, answer.candidates, answer.estimated,
    answer.complete and not answer.has_more
from library.model
cross join lateral search.rank(
    %(environment_id)s, %(vector)b, %(most)s - 1 - %(skipped)s::integer, %(threshold)s,
    %(direction)s, %(filter)s, %(filter_values)s, %(exact)s, %(collapse)s, null,
    %(after_distance)s, %(after_asset_id)s, %(best_distance)s, %(within)s, %(skipped)s,
    %(known_total)s, %(exact_limit)s, %(ef_search)s, 0
) as answer
cross join lateral (
    select array_agg(found.asset_id order by found.place), array_agg(found.distance order by found.place)
    from unnest(answer.hits) with ordinality
        as found (asset_id, distance, score, match, hidden, place)
) as hit (asset_ids, distances)
where model.model_id = %(model_id)s
    and model.state = 'active'
    and answer.mode = 'approximate'
    and cardinality(hit.asset_ids) > 0
returning ranking_id;

-- name: trim :none
delete from library.kept_ranking
where created_at < now() - interval '1 day';

-- name: kept :many
with answer as materialized (
    select answer.*, search.recall_of_answers(%(environment_id)s, answer.mode) as recall
    from library.model
    cross join lateral search.kept(
        %(environment_id)s, %(kept)s, %(vector)b, %(direction)s, %(max_results)s,
        %(after_distance)s, %(after_asset_id)s, %(best_distance)s, %(within)s, %(known_total)s
    ) as answer
    where model.model_id = %(model_id)s and model.state = 'active'
)
{page};

-- name: page :many
select
    answer.mode, answer.complete, answer.candidates, answer.total_count, answer.estimated,
    answer.has_more, answer.best_distance, answer.farthest,
    answer.recall,
    hit.distance, hit.score, hit.match, hit.hidden,
    asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.version,
    asset.version_id, asset.format, asset.bytes, asset.width, asset.height, asset.pages, asset.etag,
    asset.sha256, asset.asset_folder, asset.display_name, asset.original_filename, asset.tags,
    asset.context, asset.metadata, asset.access_mode, asset.moderation_status, asset.moderated_at,
    asset.visual_search, asset.created_at, asset.updated_at, asset.uploaded_at
from answer
left join lateral unnest(answer.hits) with ordinality
    as hit (asset_id, distance, score, match, hidden, place) on true
left join library.asset
    on asset.environment_id = %(environment_id)s and asset.asset_id = hit.asset_id
order by hit.place;

-- name: combine :one
select search.combine(
    %(environment_id)s,
    variadic array(
        select row(term.vector, term.weight)::search.term
        from unnest(%(vectors)b::halfvec[], %(weights)s::double precision[]) as term (vector, weight)
    )
) as vector;

-- name: limit_time :none
select set_config('statement_timeout', %(milliseconds)s::text, true);

-- name: explain :many
select line
from search.explain(
    %(environment_id)s, %(vector)b, %(candidates)s, %(mode)s, %(filter)s, %(filter_values)s,
    %(ef_search)s
) as line;
