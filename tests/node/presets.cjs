'use strict';
const { run } = require('./steps.cjs');

run(async ({ api }, step) => {
  await step('none', () => api.upload_presets());
  await step('create', () => api.create_upload_preset({
    name: 'p a/b & ü', unsigned: true, disallow_public_id: true, tags: ['a', 'b'],
    allowed_formats: ['jpg', 'png'], context: { k: 'v=|x' }, similarity_search: 'clip',
    visual_search: true, overwrite: false, folder: 'f', transformation: { width: 100, crop: 'scale' },
  }));
  await step('read', () => api.upload_preset('p a/b & ü'));
  const unnamed = await step('unnamed', () => api.create_upload_preset({
    use_asset_folder_as_public_id_prefix: true,
  }));
  await step('read_unnamed', () => api.upload_preset(unnamed.name));
  await step('list', () => api.upload_presets());
  const page = await step('page', () => api.upload_presets({ max_results: 1 }));
  await step('next_page', () => api.upload_presets({ max_results: 1, next_cursor: page.next_cursor }));
  await step('update', () => api.update_upload_preset('p a/b & ü', { unsigned: false, tags: 'c' }));
  await step('updated', () => api.upload_preset('p a/b & ü'));
  await step('delete', () => api.delete_upload_preset('p a/b & ü'));
  await step('deleted', () => api.upload_preset('p a/b & ü'));
});
