// SPDX-License-Identifier: ISC
// Of what an origin of remote media says, these headers reach a viewer and no other, whatever its name: nginx's proxy_hide_header
// is a list of what to drop, and one forgotten name made browsers report viewers' later requests to a stranger (NEL). Runs
// before nginx adds its own headers (js_header_filter of the locations /_origin/… in settings-server.conf).
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

export default { filter, forget_challenge };
