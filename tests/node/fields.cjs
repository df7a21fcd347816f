'use strict';
const { run } = require('./steps.cjs');

run(async ({ api, uploader }, step, { red }) => {
  await step('integer', () => api.add_metadata_field({
    external_id: 'rank', label: 'Rank', type: 'integer', default_value: 5, mandatory: true,
    validation: { type: 'greater_than', equals: true, value: 1 },
  }));
  await step('set', () => api.add_metadata_field({
    external_id: 'moods', label: 'Moods', type: 'set',
    datasource: { values: [{ external_id: 'm2', value: 'sad' }, { external_id: 'm1', value: 'glad' }] },
  }));
  await step('string', () => api.add_metadata_field({ external_id: 'a', label: 'Z', type: 'string' }));
  await step('bad_type', () => api.add_metadata_field({ label: 'x', type: 'colour' }));
  await step('twice', () => api.add_metadata_field({ external_id: 'a', label: 'Y', type: 'string' }));
  await step('list', () => api.list_metadata_fields());
  await step('read', () => api.metadata_field_by_field_id('rank'));
  await step('update', () => api.update_metadata_field('a', { label: 'Notes', default_value: 'n' }));
  await step('datasource', () => api.update_metadata_field_datasource('moods', {
    values: [{ external_id: 'm1', value: 'happy' }, { external_id: 'm3', value: 'calm' }],
  }));
  await step('delete_entries', () => api.delete_datasource_entries('moods', ['m2']));
  await step('restore_entries', () => api.restore_metadata_field_datasource('moods', ['m2']));
  await step('order_entries', () => api.order_metadata_field_datasource('moods', 'value', 'asc'));
  await step('reorder', () => api.reorder_metadata_fields('label', 'desc'));
  await step('reordered', () => api.list_metadata_fields());

  await step('upload', () => uploader.upload(red, {
    public_id: 'x', metadata: { rank: 7, moods: ['m1', 'm3'], a: 'b=c|d' },
  }));
  await step('defaults', () => uploader.upload(red, { public_id: 'y' }));
  await step('out_of_range', () => uploader.upload(red, { public_id: 'z', metadata: { rank: 0 } }));
  await step('listed', () => api.resources({ metadata: true }));
  await step('changed', () => api.update('x', { metadata: { rank: 8 } }));
  await step('delete', () => api.delete_metadata_field('moods'));
  await step('deleted', () => api.metadata_field_by_field_id('moods'));
});
