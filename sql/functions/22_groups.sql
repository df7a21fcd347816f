-- Groups of near-identical images (38_duplicates.sql), of which a ranking may show one each: the one that
-- is nearest to the query, of those that match its filter.

create function search.twins(environment bigint, asset uuid) returns table (asset_id uuid)
language sql stable as $$
    with leader as (
        select coalesce(
            (
                select near_duplicate.leader_id
                from library.near_duplicate
                where near_duplicate.environment_id = environment and near_duplicate.asset_id = asset
            ),
            asset
        ) as asset_id
    )
    select leader.asset_id
    from leader
    where leader.asset_id <> asset
    union all
    select near_duplicate.asset_id
    from leader
    join library.near_duplicate
        on near_duplicate.environment_id = environment
        and near_duplicate.leader_id = leader.asset_id
        and near_duplicate.asset_id <> asset
$$;

comment on function search.twins(bigint, uuid) is 'The other images of the group of an image';

create function search.exact_groups(environment bigint, query halfvec, assets uuid[])
returns table (asset_id uuid, distance double precision)
language sql stable as $$
    select found.asset_id, found.distance
    from (
        select
            image.asset_id,
            image.distance,
            row_number() over (
                partition by coalesce(near_duplicate.leader_id, image.asset_id)
                order by image.distance, image.asset_id
            ) as place
        from search.exact_among(environment, query, assets) as image
        left join library.near_duplicate
            on near_duplicate.environment_id = environment
            and near_duplicate.asset_id = image.asset_id
    ) as found
    where found.place = 1
$$;

comment on function search.exact_groups(bigint, halfvec, uuid[]) is
    'Of given images the nearest of each group, with its distance';
