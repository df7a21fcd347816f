'use strict';
// What every script here does: named calls, one after the other, whose answers are printed as JSON.

const { v2: cloudinary } = require('cloudinary');

const input = JSON.parse(process.argv[2]);

/** Runs `script`; it gets the package, `step(name, call)` and what the test passed. */
exports.run = async function run(script) {
  const answers = {};
  async function step(name, call) {
    if (name in answers) throw new Error(`Two steps are named ${name}`);
    try {
      answers[name] = await call();
    } catch (thrown) {
      const { message, http_code, name: kind } = thrown.error || thrown;
      if (http_code === undefined) throw thrown;
      answers[name] = { error: { message, http_code, name: kind } };
    }
    return answers[name];
  }
  await script(cloudinary, step, input);
  process.stdout.write(JSON.stringify(answers));
};

/** A promise for what is written for callbacks. */
exports.called = function called(begin) {
  return new Promise((resolve, reject) => {
    begin((error, result) => (error ? reject(error) : resolve(result)));
  });
};

/** What a URL delivers. */
exports.fetched = async function fetched(url) {
  const answer = await fetch(url);
  const body = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: body.length };
};
