-- Not sorted, so that conditions of a query reach the index by time.
create view report.searches as
select
    environment.cloud_name,
    event.searched_at,
    event.kind,
    event.query,
    event.continued,
    event.filtered,
    event.mode,
    event.complete,
    event.candidates,
    event.returned,
    event.best_score,
    event.best_match,
    event.encode_ms,
    event.rank_ms,
    event.encode_ms + event.rank_ms as total_ms,
    event.hits
from library.search_event as event
join library.environment using (environment_id);

comment on view report.searches is
    'The log: one row for each page of results that a visual search answered with';
comment on column report.searches.searched_at is 'When it was answered';
comment on column report.searches.kind is
    'What was given: text, image_url, image_asset_id, image_file, or several queries; next_cursor: only that';
comment on column report.searches.query is
    'The words, asset id or URL, without what may be secret in it; null for a file';
comment on column report.searches.continued is 'A later page of a search, not a new one';
comment on column report.searches.filtered is 'Whether only a part of the library was searched';
comment on column report.searches.mode is 'exact or approximate';
comment on column report.searches.complete is 'False when more would have matched than it could give';
comment on column report.searches.candidates is 'Images that could have been found';
comment on column report.searches.returned is 'Images on the page';
comment on column report.searches.best_score is 'Score of the first result, 0 to 1; null when nothing was found';
comment on column report.searches.best_match is
    'What the first result is: same, near_duplicate, similar, related or weak; null when not known';
comment on column report.searches.encode_ms is 'Milliseconds until the query was a vector';
comment on column report.searches.rank_ms is 'Milliseconds of the ranking in the database';
comment on column report.searches.total_ms is 'Milliseconds of both';
comment on column report.searches.hits is 'asset_ids of the page, best first; join report.asset with them';

create view report.searches_by_day as
select
    environment.cloud_name,
    asked.day,
    asked.kind,
    asked.searches,
    asked.later_pages,
    asked.without_result,
    asked.weak,
    round(asked.encode[1]::numeric, 1) as encode_p50_ms,
    round(asked.encode[2]::numeric, 1) as encode_p95_ms,
    round(asked.rank[1]::numeric, 1) as rank_p50_ms,
    round(asked.rank[2]::numeric, 1) as rank_p95_ms,
    round(asked.total[1]::numeric, 1) as total_p50_ms,
    round(asked.total[2]::numeric, 1) as total_p95_ms
from (
    select
        event.environment_id,
        (event.searched_at at time zone 'UTC')::date as day,
        event.kind,
        count(*) filter (where not event.continued) as searches,
        count(*) filter (where event.continued) as later_pages,
        count(*) filter (where event.returned = 0 and not event.continued) as without_result,
        count(*) filter (where event.best_match = 'weak' and not event.continued) as weak,
        percentile_cont(array[0.5, 0.95]) within group (order by event.encode_ms) as encode,
        percentile_cont(array[0.5, 0.95]) within group (order by event.rank_ms) as rank,
        percentile_cont(array[0.5, 0.95]) within group (order by event.encode_ms + event.rank_ms) as total
    from library.search_event as event
    group by event.environment_id, day, event.kind
) as asked
join library.environment using (environment_id)
order by environment.cloud_name, asked.day desc, asked.kind;

comment on view report.searches_by_day is 'How many visual searches there were, how they went and how long they took';
comment on column report.searches_by_day.day is 'In UTC, the newest first';
comment on column report.searches_by_day.kind is
    'What was given: text, image_url, image_asset_id, image_file, or several queries; next_cursor: only that';
comment on column report.searches_by_day.searches is 'New searches: first pages';
comment on column report.searches_by_day.later_pages is 'Pages behind the first; they count in the times too';
comment on column report.searches_by_day.without_result is 'New searches that found nothing';
comment on column report.searches_by_day.weak is 'New searches whose best result is a weak match';
comment on column report.searches_by_day.encode_p50_ms is 'Median milliseconds until the query was a vector';
comment on column report.searches_by_day.encode_p95_ms is '95 of 100 took at most that';
comment on column report.searches_by_day.rank_p50_ms is 'Median milliseconds of the ranking in the database';
comment on column report.searches_by_day.rank_p95_ms is '95 of 100 took at most that';
comment on column report.searches_by_day.total_p50_ms is 'Median milliseconds of both';
comment on column report.searches_by_day.total_p95_ms is '95 of 100 took at most that';

create view report.queries_without_good_match as
select
    environment.cloud_name,
    asked.query,
    asked.searches,
    asked.without_result,
    asked.filtered,
    asked.best_score,
    asked.last_at
from (
    select
        event.environment_id,
        lower(btrim(event.query)) as query,
        count(*) as searches,
        count(*) filter (where event.returned = 0) as without_result,
        count(*) filter (where event.filtered) as filtered,
        max(event.best_score) as best_score,
        max(event.searched_at) as last_at
    from library.search_event as event
    where event.kind = 'text'
        and not event.continued
        and (event.best_match = 'weak' or event.returned = 0)
    group by event.environment_id, lower(btrim(event.query))
) as asked
join library.environment using (environment_id)
order by asked.searches desc, asked.last_at desc, asked.query;

comment on view report.queries_without_good_match is
    'Words that people searched for in vain: the best result was weak, or there was none. What the library lacks';
comment on column report.queries_without_good_match.query is 'The words, in lower case';
comment on column report.queries_without_good_match.searches is 'How often they were searched for in vain';
comment on column report.queries_without_good_match.without_result is 'How often there was no result at all';
comment on column report.queries_without_good_match.filtered is
    'How often only a part of the library was searched';
comment on column report.queries_without_good_match.best_score is 'The best that ever came of it, 0 to 1';
comment on column report.queries_without_good_match.last_at is 'When they were last searched for in vain';

create view report.repeated_queries as
select
    environment.cloud_name,
    asked.kind,
    coalesce(asset.public_id, asked.query) as query,
    asked.searches,
    asked.weak,
    round(asked.median::numeric, 1) as total_p50_ms,
    asked.first_at,
    asked.last_at
from (
    select
        event.environment_id,
        event.kind,
        case when event.kind = 'text' then lower(btrim(event.query)) else event.query end as query,
        count(*) as searches,
        count(*) filter (where event.returned = 0 or event.best_match = 'weak') as weak,
        percentile_cont(0.5) within group (order by event.encode_ms + event.rank_ms) as median,
        min(event.searched_at) as first_at,
        max(event.searched_at) as last_at
    from library.search_event as event
    where event.query is not null and not event.continued
    group by 1, 2, 3
    having count(*) > 1
) as asked
join library.environment using (environment_id)
left join library.asset on asset.environment_id = asked.environment_id
    and asset.asset_id = case
        when asked.kind = 'image_asset_id' and replace(asked.query, '-', '') ~ '^[0-9a-fA-F]{32}$'
            then replace(asked.query, '-', '')::uuid
    end
order by asked.searches desc, asked.last_at desc, query;

comment on view report.repeated_queries is 'What was searched for more than once, the most frequent first';
comment on column report.repeated_queries.kind is 'text, image_url, image_asset_id, or queries: several at once';
comment on column report.repeated_queries.query is
    'The words in lower case, the URL, the public_id of the image (its asset_id if it is gone), or all of these';
comment on column report.repeated_queries.searches is 'How often, without later pages';
comment on column report.repeated_queries.weak is 'How often the best result was weak, or there was none';
comment on column report.repeated_queries.total_p50_ms is 'Median milliseconds of encoding and ranking';
comment on column report.repeated_queries.first_at is 'When first; at most as long ago as the log is kept';
comment on column report.repeated_queries.last_at is 'When last';

create view report.never_found_images as
select
    environment.cloud_name,
    asset.public_id,
    asset.type,
    asset.asset_folder,
    asset.format,
    asset.bytes,
    asset.tags,
    asset.created_at
from library.asset
join library.environment using (environment_id)
where asset.visual_search
    and not exists (
        select
        from library.indexing
        where indexing.environment_id = asset.environment_id and indexing.asset_id = asset.asset_id
    )
    and not exists (
        select
        from library.shown_asset as shown
        where shown.environment_id = asset.environment_id and shown.asset_id = asset.asset_id
    )
    and not exists (
        select
        from (
            select event.environment_id, unnest(event.hits) as asset_id
            from library.search_event as event
            join library.environment as noted on noted.environment_id = event.environment_id
            where event.searched_at >= noted.shown_until
        ) as lately
        where lately.environment_id = asset.environment_id and lately.asset_id = asset.asset_id
    )
order by environment.cloud_name, asset.created_at, asset.asset_id;

comment on view report.never_found_images is
    'Indexed images that no search has ever shown, the oldest first';
comment on column report.never_found_images.type is 'Delivery type: upload, private or authenticated';
