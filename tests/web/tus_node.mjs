// SPDX-License-Identifier: ISC
// Uploads a file by tus-js-client in Node, all jobs at once: {path, jobs: […]}. See tus_plan.mjs.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { upload } from './tus_plan.mjs';

const tools = createRequire(`${process.env.WEB_TOOLS}/package.json`);
const tus = tools('tus-js-client');
const { path, jobs } = JSON.parse(process.argv[2]);
console.log(JSON.stringify(await Promise.all(jobs.map((job) => upload(tus, createReadStream(path), job)))));
