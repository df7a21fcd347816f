create view report.near_duplicates as
select
    environment.cloud_name,
    leader.public_id as leader_public_id,
    leader.type as leader_type,
    leader.width || 'x' || leader.height as leader_size,
    leader.bytes as leader_bytes,
    member.public_id,
    member.type,
    member.width || 'x' || member.height as size,
    member.bytes as bytes_to_win_back,
    near_duplicate.same_bytes,
    near_duplicate.distance,
    near_duplicate.phash_distance,
    member.created_at,
    near_duplicate.leader_id as leader_asset_id,
    near_duplicate.asset_id
from library.near_duplicate
join library.environment using (environment_id)
join library.asset as member using (environment_id, asset_id)
join library.asset as leader
    on leader.environment_id = near_duplicate.environment_id
    and leader.asset_id = near_duplicate.leader_id;

comment on view report.near_duplicates is
    'Images that are near-identical to a leader, the oldest one of their group, with the evidence: '
    'identical files, or cosine distance and bits of difference of the perceptual hashes. '
    'bytes_to_win_back is what deleting the member frees';

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
