// strophe.js in headless Chromium as a robot: commands in, events out, one JSON object a line (robots.py has the vocabulary).
// Its page has the strict Content-Security-Policy that our own messenger is to have.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { Browser } from "./chromium.mjs";

const require = createRequire(import.meta.url);
const library = require.resolve("strophe.js").replace(/strophe\.[a-z.]*$/, "strophe.umd.min.js");
const { version } = JSON.parse(readFileSync(join(library, "../../package.json")));
const tell = (event, facts = {}) => console.log(JSON.stringify({ event, ...facts }));

let browser;

async function login({ jid, password, https, ca }) {
    const domain = jid.split("@")[1];
    const policy = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        `connect-src wss://${domain}:${https} https://${domain}:${https}`;
    const files = {
        "/": ["text/html", "<!doctype html><title>robot</title><script src='/strophe.js'></script><script src='/page.js'></script>"],
        "/strophe.js": ["text/javascript", readFileSync(library)],
        "/page.js": ["text/javascript", readFileSync(new URL("page.js", import.meta.url))],
    };
    browser = new Browser(domain, ca);
    await browser.open(policy, (path) => files[path]);
    const service = process.argv[2] === "bosh" ? `https://${domain}:${https}/http-bind` : `wss://${domain}:${https}/xmpp-websocket`;
    await call("login", { jid, password, service, version });
}

const call = (verb, facts) =>
    browser.evaluate(`robot.${verb}(${JSON.stringify(facts)})`).catch((error) => tell("refused", { reason: String(error) }));

const obey = {
    login,
    quit: async () => {
        await call("quit", {});
        await browser.close();
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    await (obey[command.do] ?? ((facts) => call(command.do, facts)))(command);
    if (command.do === "quit") process.exit();
}
process.exit();  // the tests are gone
