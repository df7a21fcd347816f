-- What people with role iris_report may call: by names, not by internal ids. They run with the rights
-- of their owner, since reporting users may not read the tables; so none takes a filter as text.

create type search.result as (
    place bigint,
    public_id text,
    type text,
    asset_id uuid,
    score double precision,
    match text,
    distance double precision
);

comment on type search.result is
    'One image of a ranking by name: its place from 1, score from 0 to 1, how good a match it is in a '
    'word, and its cosine distance';

create function search.environment_of(cloud text) returns bigint
language plpgsql stable as $$
declare
    found bigint;
begin
    select environment.environment_id into found
    from library.environment
    where environment.cloud_name = cloud;
    if found is null then
        raise exception 'There is no environment %', cloud using errcode = 'no_data_found';
    end if;
    return found;
end
$$;

comment on function search.environment_of(text) is 'The internal id of an environment, or an error';

create function search.embedding_of(cloud text, image text) returns halfvec
language plpgsql stable as $$
declare
    found halfvec;
begin
    select embedding.vector into found
    from library.asset
    join library.embedding using (environment_id, asset_id)
    where asset.environment_id = search.environment_of(cloud)
        and asset.resource_type = 'image'
        and asset.public_id = image
    -- A public_id may be there once for each type of delivery.
    order by array_position(array['upload', 'private', 'authenticated'], asset.type)
    limit 1;
    if found is null then
        raise exception 'Environment % has no indexed image %', cloud, image
            using errcode = 'no_data_found';
    end if;
    return found;
end
$$;

comment on function search.embedding_of(text, text) is
    'The embedding of an indexed image by its public_id, or an error';

create function search.by_vector(
    cloud text,
    query halfvec,
    max_results integer default 50,
    threshold double precision default 0,
    direction text default 'image',
    among uuid[] default null,
    exact boolean default false
) returns setof search.result
language sql stable security definer set search_path from current as $$
    select hit.place, asset.public_id, asset.type, hit.asset_id, hit.score, hit.match, hit.distance
    from search.environment_of(cloud) as environment_id
    cross join lateral search.rank(
        environment_id, query, max_results, threshold, direction,
        filter => case when among is not null then
            'asset.asset_id in (select jsonb_array_elements_text($1 -> ''among'')::uuid)' end,
        filter_values => jsonb_build_object('among', to_jsonb(among)),
        exact => exact
    ) as answer
    cross join lateral unnest(answer.hits)
        with ordinality as hit (asset_id, distance, score, match, hidden, place)
    join library.asset
        on asset.environment_id = environment_id.environment_id and asset.asset_id = hit.asset_id
    order by hit.place
$$;

comment on function search.by_vector(
    text, halfvec, integer, double precision, text, uuid[], boolean
) is
    'The images of an environment nearest to a vector, best first; among: only these. direction: what '
    'the vector is of, text or image. As visual_search answers';

create function search.by_asset(
    cloud text,
    image text,
    max_results integer default 50,
    threshold double precision default 0,
    among uuid[] default null,
    exact boolean default false
) returns setof search.result
language sql stable security definer set search_path from current as $$
    select result.*
    from search.by_vector(
        cloud, search.embedding_of(cloud, image), max_results, threshold, 'image', among, exact
    ) as result
$$;

comment on function search.by_asset(text, text, integer, double precision, uuid[], boolean) is
    'The images most like one of them, by its public_id; itself comes first. among: only these';

create function search.by_text(
    cloud text,
    words text,
    max_results integer default 50,
    threshold double precision default 0,
    among uuid[] default null,
    exact boolean default false
) returns setof search.result
language plpgsql stable security definer set search_path from current as $$
declare
    query halfvec;
begin
    select query_vector.vector into query
    from library.query_vector
    join library.model using (model_id)
    where query_vector.query = words and model.state = 'active';
    if query is null then
        raise exception 'The database does not know the vector of "%"', words
            using
                errcode = 'no_data_found',
                hint = 'Search for these words once by HTTP or with `iris search`; they are kept then.';
    end if;
    return query
    select result.*
    from search.by_vector(cloud, query, max_results, threshold, 'text', among, exact) as result;
end
$$;

comment on function search.by_text(text, text, integer, double precision, uuid[], boolean) is
    'The images that look like some words which were searched for before, best first. among: only these';

create function search.similarity(cloud text, image text, other text) returns double precision
language sql stable security definer set search_path from current as $$
    select 1 - (search.embedding_of(cloud, image) <=> search.embedding_of(cloud, other))
$$;

comment on function search.similarity(text, text, text) is
    'Cosine similarity of two indexed images, by public_id: 1 for the same, about 0 for unrelated ones '
    'with the builtin model. Symmetric; search.by_asset has calibrated scores';
