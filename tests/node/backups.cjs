'use strict';
const { fetched, run } = require('./steps.cjs');

run(async (cloudinary, step, { red, blue }) => {
  const { api, uploader, utils } = cloudinary;
  const asked = { colors: true, quality_analysis: true, media_metadata: true };
  const options = { public_id: 'f/ü', backup: true, visual_search: true, ...asked };
  const first = await step('upload', () => uploader.upload(red, options));
  await uploader.upload(blue, options);
  await step('examined', () => api.resource('f/ü', { ...asked, exif: true, phash: true }));
  await api.delete_resources(['f/ü']);
  const { asset_id, versions } = await step('deleted', () => api.resource('f/ü', { versions: true }));
  const ids = versions.map((version) => version.version_id);
  await step('restored', () => api.restore(['f/ü'], { versions: [ids[0]] }));
  await step('by_id', () => api.restore_by_asset_ids(asset_id));
  const kept = utils.download_backedup_asset(asset_id, ids[1]);
  await step('kept', () => fetched(kept));
  await step('deleted_for_good', () => api.delete_backed_up_assets(asset_id, [ids[1]]));
  await step('gone', () => fetched(kept));
  const expires_at = Math.floor(Date.now() / 1000) + 60;
  const link = { attachment: true, expires_at };
  await step('private', () => fetched(utils.private_download_url('f/ü', 'png', link)));
  await step('first', () => first.version_id);
});
