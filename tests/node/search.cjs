'use strict';
const { run } = require('./steps.cjs');

run(async ({ api, search, search_folders, uploader }, step, { red, green, blue }) => {
  await api.add_metadata_field({ external_id: 'size', label: 'Size', type: 'integer' });
  const store = (file, public_id, options) => uploader.upload(file, { public_id, ...options });
  await store(red, 'sea/red one', {
    tags: ['warm', 'a b'], context: { by: 'Ann' }, asset_folder: 'sea/deep', metadata: { size: 3 },
  });
  await store(blue, 'sea/blue', { tags: ['cold'], asset_folder: 'sea', display_name: 'Grüße' });
  await store(green, 'wood', { tags: ['cold', 'leaf'], asset_folder: 'wood', metadata: { size: 9 } });
  await store(__filename, 'notes.cjs', { resource_type: 'raw', tags: ['warm'] });

  const find = (expression) => search.expression(expression).sort_by('public_id', 'asc').execute();
  await step('everything', () => search.execute());
  await step('tag', () => find('tags=cold'));
  await step('tag_with_a_space', () => find('tags="a b"'));
  await step('folder', () => find('asset_folder:"sea/*"'));
  await step('exact_folder', () => find('asset_folder=sea'));
  await step('name', () => find('display_name:Grüße'));
  await step('words', () => find('resource_type:image AND (tags:leaf OR tags=warm) AND -tags=cold'));
  await step('metadata', () => find('metadata.size>3'));
  await step('context', () => find('context.by:Ann'));
  await step('id', () => find('public_id="sea/red one"'));
  await step('size', () => find('bytes<1mb AND created_at>1d AND width>=8'));

  const pages = search.expression('resource_type:image').sort_by('public_id', 'desc').max_results(2);
  const page = await step('page', () => pages.execute());
  await step('last_page', () => pages.next_cursor(page.next_cursor).execute());
  await step('with_fields', () => search.expression('tags=warm AND resource_type=image')
    .with_field('tags').with_field(['context', 'metadata']).execute());
  await step('only_fields', () => search.expression('tags=leaf').fields(['bytes', 'tags']).execute());
  await step('aggregates', () => search.expression('').aggregate('format')
    .aggregate('resource_type').execute());
  await step('ranges', () => search.expression('resource_type:image').aggregate({
    type: 'bytes', ranges: [{ key: 'tiny', to: 10 }, { key: 'more', from: 10 }],
  }).execute());
  await step('syntax_error', () => find('tags:(a OR'));
  await step('leading_wildcard', () => find('*abc'));
  await step('forged_cursor', () => search.expression('x').next_cursor('forged').execute());

  await step('folders', () => search_folders.expression('path:sea*').sort_by('path', 'asc').execute());
  await step('folder_by_path', () => search_folders.expression('path="sea/deep"').execute());
  await step('folders_by_name', () => search_folders.expression('name:wood').execute());
  const of_folders = search_folders.expression('').sort_by('path', 'asc').max_results(1);
  const first = await step('folder_page', () => of_folders.execute());
  await step('next_folder', () => of_folders.next_cursor(first.next_cursor).execute());
});
