'use strict';
const fs = require('fs');
const { called, fetched, run } = require('./steps.cjs');

run(async (cloudinary, step, { red, blue, awkward, latin, url }) => {
  const { api, uploader, utils } = cloudinary;

  const file = await step('file', () => uploader.upload(red, {
    public_id: 'folder/photo', tags: ['b', 'a'], context: { alt: 'a=b|c', note: 'ü & so' },
    asset_folder: 'Grüße/2024', display_name: 'my photo', visual_search: true, phash: true,
  }));
  await step('signature_is_right', () => utils.verify_api_response_signature(
    file.public_id, file.version, file.signature,
  ));
  const { version, format } = file;
  // Whatever is configured, this package builds https URLs unless a call says otherwise.
  const link = (options) => cloudinary.url('folder/photo', { secure: false, ...options });
  await step('url_of_sdk', () => link({ version, format, urlAnalytics: false }));
  await step('delivered', () => fetched(link({ version, format })));
  await step('scaled', () => fetched(link({ width: 8, crop: 'scale', format: 'jpg' })));

  await step('random_id', () => uploader.upload(red));
  await step('file_name', () => uploader.upload(awkward, { use_filename: true }));
  await step('latin_name', () => uploader.upload(latin, {
    use_filename: true, unique_filename: false, use_filename_as_display_name: true,
  }));
  await step('stream', () => called((done) => {
    uploader.upload_stream({ public_id: 'streamed', folder: 'in' }, done).end(fs.readFileSync(blue));
  }));
  const data = `data:image/png;base64,${fs.readFileSync(blue, 'base64')}`;
  await step('data_uri', () => uploader.upload(data, { public_id: 'data' }));
  await step('remote', () => uploader.upload(url, { use_filename: true, unique_filename: false }));
  await step('raw', () => uploader.upload(__filename, {
    resource_type: 'raw', public_id: 'script, more.cjs',
  }));
  await step('auto', () => uploader.upload(__filename, { resource_type: 'auto', public_id: 'a.cjs' }));
  await step('eager', () => uploader.upload(red, {
    public_id: 'eager', eager: [{ width: 8, height: 8, crop: 'fill' }, { width: 4, crop: 'scale' }],
  }));
  await step('existing', () => uploader.upload(blue, { public_id: 'eager', overwrite: false }));
  await step('overwritten', () => uploader.upload(blue, { public_id: 'eager' }));

  await api.create_upload_preset({
    name: 'open', unsigned: true, tags: ['p'], folder: 'unsigned', similarity_search: 'clip',
  });
  await step('unsigned', () => uploader.unsigned_upload(red, 'open', { tags: ['mine'] }));
  await step('unsigned_forbidden', () => uploader.unsigned_upload(red, 'open', { eager: 'w_1' }));
  await step('unsigned_stream', () => called((done) => {
    uploader.unsigned_upload_stream('open', {}, done).end(fs.readFileSync(red));
  }));
});
