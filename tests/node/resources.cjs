'use strict';
const { run } = require('./steps.cjs');

run(async ({ api, uploader }, step, { red, green, blue }) => {
  const store = (file, public_id, options) => uploader.upload(file, { public_id, ...options });
  const one = await store(red, 'x/one', {
    tags: ['warm', 'a/b & c'], context: { by: 'Ann', at: 'sea' }, asset_folder: 'Sea/Süd & Co',
    eager: [{ width: 8, crop: 'scale' }, { width: 4, crop: 'scale' }],
  });
  const two = await store(blue, 'x/two', { tags: ['cold'], asset_folder: 'Sea' });
  const three = await store(green, 'y#3'.replace('#', '_'), { context: { by: 'Bob' } });
  await store(red, 'hidden', { type: 'private' });
  await store(red, 'text.png', { resource_type: 'raw', tags: ['warm'] });

  await step('all', () => api.resources());
  await step('of_type', () => api.resources({ type: 'upload', direction: 'asc' }));
  await step('raw', () => api.resources({ resource_type: 'raw' }));
  const page = await step('page', () => api.resources({ type: 'upload', max_results: 2 }));
  await step('next_page', () => api.resources({
    type: 'upload', max_results: 2, next_cursor: page.next_cursor,
  }));
  await step('prefix', () => api.resources({ type: 'upload', prefix: 'x/', tags: true, context: true }));
  await step('fields', () => api.resources({ type: 'upload', prefix: 'x/', fields: ['tags', 'bytes'] }));
  await step('since', () => api.resources({
    type: 'upload', start_at: new Date(Date.now() + 60000), direction: 'desc',
  }));
  await step('by_tag', () => api.resources_by_tag('a/b & c', { tags: true }));
  await step('by_context', () => api.resources_by_context('by'));
  await step('by_context_value', () => api.resources_by_context('by', 'Bob', { context: true }));
  await step('by_folder', () => api.resources_by_asset_folder('Sea/Süd & Co'));
  await step('by_asset_ids', () => api.resources_by_asset_ids([one.asset_id, three.asset_id]));
  await step('by_asset_id', () => api.resources_by_asset_ids(two.asset_id));
  await step('by_ids', () => api.resources_by_ids(['x/one', 'missing', 'y_3'], { tags: true }));
  await step('tags', () => api.tags());
  await step('tags_with_prefix', () => api.tags({ prefix: 'wa', max_results: 1 }));
  await step('raw_tags', () => api.tags({ resource_type: 'raw' }));

  await step('details', () => api.resource('x/one', { phash: true, pages: true }));
  await step('details_by_id', () => api.resource_by_asset_id(two.asset_id));
  await step('raw_details', () => api.resource('text.png', { resource_type: 'raw' }));
  await step('update', () => api.update('x/two', {
    tags: 'cold,blue', context: { k: 'v=1|2' }, asset_folder: 'Lake', display_name: 'Two!',
    visual_search: true,
  }));
  await step('update_of_index', () => api.update('x/one', { similarity_search: 'clip' }));
  await step('bad_update', () => api.update('x/one', { detection: 'illegal' }));
  await step('found', () => api.visual_search({ text: 'blue' }));
  await step('update_out', () => api.update('x/two', { visual_search: false }));
  await step('not_found', () => api.visual_search({ text: 'blue' }));

  await step('delete_derived_of_one', () => api.delete_derived_by_transformation(
    ['x/one'], [{ width: 8, crop: 'scale' }],
  ));
  await step('one_derived', () => api.resource('x/one'));
  await step('delete_derived', () => api.delete_resources(['x/one'], { keep_original: true }));
  await step('without_derived', () => api.resource('x/one'));
  await step('delete', () => api.delete_resources(['x/one', 'missing']));
  await step('delete_by_asset_id', () => api.delete_resources_by_asset_ids([two.asset_id]));
  await step('delete_by_prefix', () => api.delete_resources_by_prefix('y_'));
  await step('delete_by_tag', () => api.delete_resources_by_tag('warm', { resource_type: 'raw' }));
  await step('delete_all', () => api.delete_all_resources({ type: 'private' }));
  await step('nothing_left', () => api.resources());
});
