create view report.near_duplicates as
with image as (
    select near_duplicate.environment_id, near_duplicate.leader_id, near_duplicate.asset_id
    from library.near_duplicate
    union
    select near_duplicate.environment_id, near_duplicate.leader_id, near_duplicate.leader_id
    from library.near_duplicate
), best as (
    select
        image.environment_id,
        image.leader_id,
        (
            array_agg(
                asset.asset_id
                order by asset.width::bigint * asset.height desc, asset.created_at, asset.asset_id
            )
        )[1] as asset_id
    from image
    join library.asset using (environment_id, asset_id)
    group by image.environment_id, image.leader_id
)
select
    environment.cloud_name,
    leader.public_id as leader_public_id,
    leader.type as leader_type,
    leader.width || 'x' || leader.height as leader_size,
    leader.bytes as leader_bytes,
    member.public_id,
    member.type,
    member.width || 'x' || member.height as size,
    member.bytes,
    near_duplicate.same_bytes,
    near_duplicate.distance,
    near_duplicate.phash_distance,
    kept.public_id as best_public_id,
    case when kept.asset_id = member.asset_id then leader.bytes else member.bytes end as bytes_to_win_back,
    near_duplicate.leader_id as leader_asset_id,
    near_duplicate.asset_id,
    kept.asset_id as best_asset_id
from library.near_duplicate
join library.environment using (environment_id)
join best using (environment_id, leader_id)
join library.asset as member
    on member.environment_id = near_duplicate.environment_id
    and member.asset_id = near_duplicate.asset_id
join library.asset as leader
    on leader.environment_id = near_duplicate.environment_id
    and leader.asset_id = near_duplicate.leader_id
join library.asset as kept
    on kept.environment_id = near_duplicate.environment_id and kept.asset_id = best.asset_id;

comment on view report.near_duplicates is
    'Images that are near-identical to the leader of their group, the image that was there first, with '
    'the evidence: identical files, or cosine distance and bits of difference of the perceptual hashes. '
    'best_* is the largest image of the group, of several the oldest; the sum of bytes_to_win_back is '
    'what deleting all others frees';

comment on column report.near_duplicates.leader_public_id is 'The image of the group that was there first';
comment on column report.near_duplicates.leader_type is 'Its delivery type: upload, private or authenticated';
comment on column report.near_duplicates.leader_size is 'Its width and height in pixels';
comment on column report.near_duplicates.leader_bytes is 'Size of its original';
comment on column report.near_duplicates.public_id is 'The image that is nearly the same';
comment on column report.near_duplicates.type is 'Its delivery type: upload, private or authenticated';
comment on column report.near_duplicates.size is 'Its width and height in pixels';
comment on column report.near_duplicates.bytes is 'Size of its original';
comment on column report.near_duplicates.same_bytes is 'Whether both are the same file';
comment on column report.near_duplicates.distance is 'Cosine distance of the two embeddings';
comment on column report.near_duplicates.phash_distance is 'Bits, of 64, in which their perceptual hashes differ';
comment on column report.near_duplicates.best_public_id is 'The largest image of the group, of several the oldest';
comment on column report.near_duplicates.bytes_to_win_back is 'What deleting the one that is not the best frees';
comment on column report.near_duplicates.leader_asset_id is 'asset_id of the leader';
comment on column report.near_duplicates.asset_id is 'asset_id of the image';
comment on column report.near_duplicates.best_asset_id is 'asset_id of the best';

create view report.exact_duplicates as
select
    environment.cloud_name,
    encode(asset.sha256, 'hex') as sha256,
    count(*) as copies,
    min(asset.bytes) as bytes,
    (count(*) - 1) * min(asset.bytes) as bytes_to_win_back,
    array_agg(asset.public_id order by asset.created_at, asset.asset_id) as public_ids,
    array_agg(asset.asset_id order by asset.created_at, asset.asset_id) as asset_ids
from library.asset
join library.environment using (environment_id)
group by environment.cloud_name, asset.environment_id, asset.sha256
having count(*) > 1;

comment on view report.exact_duplicates is
    'Files of any type that were uploaded more than once, the oldest copy first, indexed or not; '
    'bytes_to_win_back is what deleting all but one frees';
comment on column report.exact_duplicates.sha256 is 'Of the file, in hexadecimal';
comment on column report.exact_duplicates.copies is 'How many assets have this file';
comment on column report.exact_duplicates.bytes is 'Size of one of them';
comment on column report.exact_duplicates.bytes_to_win_back is 'What deleting all but one frees';
comment on column report.exact_duplicates.public_ids is 'The oldest first';
comment on column report.exact_duplicates.asset_ids is 'In the same order';
