'use strict';
const { run } = require('./steps.cjs');

run(async ({ api, uploader }, step, { red, blue }) => {
  const details = (public_id) => api.resource(public_id);
  const first = await uploader.upload(red, { public_id: 'a/first', tags: 'old' });
  await uploader.upload(blue, { public_id: 'second' });
  await api.add_metadata_field({ external_id: 'kind', label: 'Kind', type: 'string' });
  await api.add_metadata_field({
    external_id: 'colours', label: 'Colours', type: 'set',
    datasource: { values: [{ external_id: 'r', value: 'Red' }, { external_id: 'b', value: 'Blue' }] },
  });

  await step('explicit', () => uploader.explicit('a/first', {
    type: 'upload', tags: ['z', 'x'], context: { k: 'v=w|x' }, asset_folder: 'shelf',
    visual_search: true, eager: { width: 8, crop: 'scale' },
  }));
  await step('add_tag', () => uploader.add_tag('y,x', ['a/first', 'second', 'missing']));
  await step('added', () => details('a/first'));
  await step('remove_tag', () => uploader.remove_tag('x', ['a/first']));
  await step('removed', () => details('a/first'));
  await step('replace_tag', () => uploader.replace_tag('only & one', ['a/first']));
  await step('replaced', () => details('a/first'));
  await step('remove_all_tags', () => uploader.remove_all_tags(['second']));
  await step('without_tags', () => details('second'));

  await step('add_context', () => uploader.add_context({ k2: 'a=b|c&d' }, ['a/first', 'second']));
  await step('with_context', () => details('a/first'));
  await step('remove_all_context', () => uploader.remove_all_context(['a/first']));
  await step('without_context', () => details('a/first'));

  await step('update_metadata', () => uploader.update_metadata(
    { kind: 'a=b|c "d"', colours: ['r', 'b'] }, ['a/first'],
  ));
  await step('with_metadata', () => details('a/first'));
  await step('wrong_metadata', () => uploader.update_metadata({ colours: ['g'] }, ['a/first']));

  await step('rename_onto_another', () => uploader.rename('a/first', 'second'));
  await step('rename', () => uploader.rename('a/first', 'b/new name', { invalidate: true }));
  await step('old_name', () => details('a/first'));
  await step('rename_overwriting', () => uploader.rename('b/new name', 'second', { overwrite: true }));
  await step('same_asset', () => first.asset_id);
  await step('rename_to_private', () => uploader.rename('second', 'second', { to_type: 'private' }));
  await step('destroy_of_wrong_type', () => uploader.destroy('second'));
  await step('destroy', () => uploader.destroy('second', { type: 'private', invalidate: true }));
  await step('destroy_again', () => uploader.destroy('second', { type: 'private' }));
});
