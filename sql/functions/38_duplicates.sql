-- What counts as a near-duplicate. CLIP-like distances alone group distinct shots (Immich lowered its
-- limit from 0.03 to 0.01 and is still told so), so two kinds of evidence must agree:
--
--     distance / farthest + bits / 10 <= 1,   farthest = half the usual distance of unrelated images
--
-- `bits` are those in which the perceptual hashes differ. The two fail on different copies, hence the
-- sum rather than two limits: small and blurred copies move the embedding and leave the hash, crops
-- move the hash and leave the embedding.
--
-- Measured on 200 photos under model builtin (unrelated images: distance 1.0). Of the copies, found:
-- JPEG of quality 90 and 30 100 %, of 10 95 %; half the size 100 %, a quarter 95 %, half at quality
-- 30 92 %; grey 99 %; mirrored 97 %; brighter, less contrast, more colour, a watermark 99 % or more;
-- blurred 95 %; turned by 2 degrees 88 %; cropped to 97 % 100 %, to 95 % 93 %, to 90 % 33 %. Of what
-- is no copy, taken for one: of 19,900 pairs of different photos none (the nearest has 2.2 times the
-- limit), of the same scene framed 8 % further right none, nearer and turned by 5 degrees 3 %; two
-- pages of different text none, which a 12 instead of the 10 would group.
--
-- Other models were not measured. The distance is relative to the library's own background, so it
-- means about the same under each, and the hash, which no model has a part in, must agree anyway.

create function search.phash_distance(one bit, other bit) returns integer
language sql immutable parallel safe
return case
    -- The hash compares with the median, so half its bits are set, in all of 4,600 photos. Fewer are
    -- in flat pictures, whose hashes are alike whatever they show.
    when bit_count(one) = 32 and bit_count(other) = 32 then
        -- A mirror image has the same cosine transform but for the sign in every second column,
        -- hence every second bit flipped: 3 bits from that in the median, 8 in 19 of 20.
        least(bit_count(one # other), bit_count(one # other # x'5555555555555555'::bit(64)))
end;

comment on function search.phash_distance(bit, bit) is
    'Bits in which two perceptual hashes differ, or that of the mirror image does if those are fewer; '
    'null when a hash is of a flat picture and says nothing';

create function search.background_distance(environment bigint) returns double precision
language sql stable as $$
    -- Ids are random, so the first are a sample, and one that stays the same as the library grows.
    with sample as materialized (
        select embedding.asset_id, embedding.vector
        from library.embedding
        where embedding.environment_id = environment
        order by embedding.asset_id
        limit 32
    )
    select percentile_cont(0.5) within group (order by one.vector <=> other.vector)
    from sample as one
    join sample as other on one.asset_id < other.asset_id
$$;

comment on function search.background_distance(bigint) is
    'The usual distance of two images that have nothing to do with each other: the median of 496 pairs';

create function search.farthest_duplicate(environment bigint) returns double precision
language sql stable as $$
    -- A handful of images, or only copies of one, have no background: then half of 0.25 it is.
    select greatest(0.25, search.background_distance(environment)) / 2
$$;

comment on function search.farthest_duplicate(bigint) is
    'The cosine distance at which an image is no near-duplicate even if the perceptual hash is the same';

create function search.nearest_leader(
    environment bigint, asset uuid, farthest double precision default null
) returns table (
    leader_id uuid, distance double precision, phash_distance integer, same_bytes boolean
)
language plpgsql stable rows 1 as $$
declare
    image record;
    near_ids uuid[];
    wanted integer := 32;
    limit_of_distance constant double precision :=
        coalesce(farthest, search.farthest_duplicate(environment));
begin
    perform set_config('plan_cache_mode', 'force_custom_plan', true),
        set_config('hnsw.iterative_scan', 'relaxed_order', true);

    select embedding.vector, original.phash, original.sha256 into image
    from library.embedding
    join library.asset as original using (environment_id, asset_id)
    where embedding.environment_id = environment and embedding.asset_id = asset;

    while image.vector is not null loop
        perform set_config('hnsw.ef_search', least(1000, 2 * wanted)::text, true);
        -- The scan stands alone, or it would lose the index.
        with neighbour as materialized (
            select embedding.asset_id, embedding.vector <=> image.vector as distance
            from library.embedding
            where embedding.environment_id = environment
            order by embedding.vector <=> image.vector
            limit wanted
        )
        select coalesce(array_agg(neighbour.asset_id), '{}') into near_ids
        from neighbour
        where neighbour.distance <= limit_of_distance;

        return query
        with leader as (
            -- Leaders of neighbours are looked at too: members may be nearer than their leader.
            select distinct coalesce(near_duplicate.leader_id, alike.asset_id) as asset_id
            from (
                select unnest(near_ids)
                union
                select same.asset_id
                from library.asset as same
                where same.environment_id = environment and same.sha256 = image.sha256
            ) as alike (asset_id)
            left join library.near_duplicate
                on near_duplicate.environment_id = environment
                and near_duplicate.asset_id = alike.asset_id
        ), evidence as (
            select
                leader.asset_id,
                embedding.vector <=> image.vector as distance,
                search.phash_distance(known.phash, image.phash) as phash_distance,
                known.sha256 = image.sha256 as same_bytes
            from leader
            join library.embedding
                on embedding.environment_id = environment and embedding.asset_id = leader.asset_id
            join library.asset as known
                on known.environment_id = environment and known.asset_id = leader.asset_id
            where leader.asset_id <> asset
                -- What waits to be looked at itself leads nobody yet.
                and not exists (
                    select
                    from library.ungrouped
                    where ungrouped.environment_id = environment
                        and ungrouped.asset_id = leader.asset_id
                )
        )
        select evidence.asset_id, evidence.distance, evidence.phash_distance, evidence.same_bytes
        from evidence
        where evidence.same_bytes
            or evidence.distance / limit_of_distance + evidence.phash_distance / 10.0 <= 1
        order by evidence.same_bytes desc, evidence.distance, evidence.asset_id
        limit 1;

        -- Many copies that came at once may stand between an image and the leader of them all.
        exit when found or cardinality(near_ids) < wanted or wanted > 2000;
        wanted := 4 * wanted;
    end loop;
end
$$;

comment on function search.nearest_leader(bigint, uuid, double precision) is
    'The leader whose near-duplicate an indexed image is, with the evidence; no row if it is none';
