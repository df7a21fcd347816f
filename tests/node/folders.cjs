'use strict';
const { run } = require('./steps.cjs');

run(async ({ api, uploader }, step, { red }) => {
  await step('none', () => api.root_folders());
  await step('create', () => api.create_folder("a/b c/d & e's ü+#?%"));
  await step('create_again', () => api.create_folder('a/b c'));
  await api.create_folder('z');
  await step('roots', () => api.root_folders());
  const page = await step('page', () => api.root_folders({ max_results: 1 }));
  await step('next_page', () => api.root_folders({ max_results: 1, next_cursor: page.next_cursor }));
  await step('children', () => api.sub_folders('a/b c'));
  await uploader.upload(red, { public_id: 'stays', asset_folder: 'a/b c' });
  await step('rename', () => api.rename_folder('a/b c', 'y/moved'));
  await step('moved_asset', () => api.resource('stays'));
  await step('moved_children', () => api.sub_folders('y/moved'));
  await step('rename_missing', () => api.rename_folder('missing', 'elsewhere'));
  await step('list_missing', () => api.sub_folders('missing'));
  await step('delete_full', () => api.delete_folder('y/moved'));
  await step('delete_missing', () => api.delete_folder('missing'));
  await step('delete', () => api.delete_folder('a'));
  await step('left', () => api.root_folders());
});
