// SPDX-License-Identifier: ISC
// Of what an origin of remote media says, these headers reach a viewer and no other, whatever its name: nginx's proxy_hide_header
// is a list of what to drop, and one forgotten name made browsers report viewers' later requests to a stranger (NEL). Runs
// before nginx adds its own headers (js_header_filter of the locations /_origin/… in settings-server.conf).
import crypto from 'crypto';

const passed = ['content-length', 'content-range', 'content-type', 'etag', 'last-modified'];

function filter(r) {
  for (const name in r.headersOut) {
    if (!passed.includes(name.toLowerCase())) {
      delete r.headersOut[name];
    }
  }
  r.headersOut['Content-Type'] = r.variables.origin_type;
}

function forget_challenge(r) {
  delete r.headersOut['WWW-Authenticate'];
}

// Of what the S3 service says to the second server: the same headers, without a type, which the file's name tells.
function filter_store(r) {
  for (const name in r.headersOut) {
    if (!passed.includes(name.toLowerCase())) {
      delete r.headersOut[name];
    }
  }
  r.headersOut['Content-Type'] = undefined;
}

// Of an answer to the first byte's range, for a range behind the end.
function tell_size(r) {
  const size = (r.headersOut['Content-Range'] || '').split('/')[1];
  filter_store(r);
  r.headersOut['Content-Range'] = size ? 'bytes */' + size : undefined;
}

function two_digits(number) {
  return (number < 10 ? '0' : '') + number;
}

// The query that signs a GET of $mediagate_store_path for a minute (AWS Signature Version 4). Evaluated for each slice that the
// cache lacks, in a request of its own.
function presign(r) {
  const v = r.variables;
  const now = new Date();
  const day = now.getUTCFullYear() + two_digits(now.getUTCMonth() + 1) + two_digits(now.getUTCDate());
  const time = day + 'T' + two_digits(now.getUTCHours()) + two_digits(now.getUTCMinutes()) + two_digits(now.getUTCSeconds()) + 'Z';
  const scope = day + '/' + v.mediagate_store_region + '/s3/aws4_request';
  const query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=' + encodeURIComponent(v.mediagate_store_access_key + '/' + scope) +
    '&X-Amz-Date=' + time + '&X-Amz-Expires=60&X-Amz-SignedHeaders=host';
  const request = 'GET\n' + v.mediagate_store_path + '\n' + query + '\nhost:' + v.mediagate_store_host + '\n\nhost\nUNSIGNED-PAYLOAD';
  const hash = crypto.createHash('sha256').update(request).digest('hex');
  let key = 'AWS4' + v.mediagate_store_secret_key;
  [day, v.mediagate_store_region, 's3', 'aws4_request'].forEach((part) => {
    key = crypto.createHmac('sha256', key).update(part).digest();
  });
  const text = 'AWS4-HMAC-SHA256\n' + time + '\n' + scope + '\n' + hash;
  return query + '&X-Amz-Signature=' + crypto.createHmac('sha256', key).update(text).digest('hex');
}

export default { filter, filter_store, forget_challenge, presign, tell_size };
