// strophe.js in headless Chromium as a robot: commands in, events out, one JSON object a line (robots.py has the vocabulary).
//
// The page comes from https://chat.example, which exists only in this browser: its requests are answered here. So it has an
// origin of its own, with the strict Content-Security-Policy that our own messenger is to have. Chromium is driven through
// a pipe and trusts the test's authority through its certificate database, as an administrator would set it up.
import { spawn, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const library = require.resolve("strophe.js").replace(/strophe\.[a-z.]*$/, "strophe.umd.min.js");
const { version } = JSON.parse(readFileSync(join(library, "../../package.json")));
const origin = "https://chat.example";
const tell = (event, facts = {}) => console.log(JSON.stringify({ event, ...facts }));

// Chromium's protocol: JSON, each message ended by a zero byte.
class Browser {
    constructor(domain, ca) {
        this.home = mkdtempSync(join(tmpdir(), "chancery-browser-"));
        const database = join(this.home, ".pki/nssdb");
        mkdirSync(database, { recursive: true });
        execFileSync("certutil", ["-N", "--empty-password", "-d", `sql:${database}`]);
        execFileSync("certutil", ["-A", "-n", "test", "-t", "C,,", "-i", ca, "-d", `sql:${database}`]);
        this.process = spawn("chromium", ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run",
            // Chromium asks its user before a page of the Internet may reach this machine, where our server is.
            "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets", `--user-data-dir=${this.home}/profile`,
            `--host-resolver-rules=MAP ${domain} 127.0.0.1, MAP chat.example 127.0.0.1:9`, "about:blank"],
        { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { ...process.env, HOME: this.home } });
        this.waiting = new Map();
        this.listeners = new Map();
        this.last = 0;
        let rest = "";
        this.process.stdio[4].setEncoding("utf8").on("data", (data) => {
            const messages = (rest + data).split("\0");
            rest = messages.pop();
            messages.forEach((message) => this.take(JSON.parse(message)));
        });
    }
    take(message) {
        if (message.method) return this.listeners.get(message.method)?.(message.params);
        const { resolve, reject } = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.error) reject(new Error(message.error.message));
        else resolve(message.result);
    }
    send(method, params = {}) {
        const id = ++this.last;
        this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
        return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    }
    on(method, listener) { this.listeners.set(method, listener); }
    async close() {
        await this.send("Browser.close").catch(() => {});
        await new Promise((resolve) => (this.process.exitCode === null ? this.process.once("exit", resolve) : resolve()));
        rmSync(this.home, { recursive: true, force: true });
    }
}

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
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const attached = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    browser.session = attached.sessionId;
    browser.on("Fetch.requestPaused", ({ requestId, request }) => {
        const [type, body] = files[new URL(request.url).pathname] ?? ["text/plain", ""];
        browser.send("Fetch.fulfillRequest", {
            requestId, responseCode: 200, body: Buffer.from(body).toString("base64"),
            responseHeaders: [{ name: "Content-Type", value: type }, { name: "Content-Security-Policy", value: policy }],
        });
    });
    browser.on("Runtime.bindingCalled", ({ payload }) => console.log(payload));
    browser.on("Log.entryAdded", ({ entry }) => console.error(entry.level, entry.text));
    await browser.send("Runtime.enable");
    await browser.send("Log.enable");
    await browser.send("Runtime.addBinding", { name: "tell" });
    await browser.send("Fetch.enable", { patterns: [{ urlPattern: `${origin}/*` }] });
    await browser.send("Page.enable");
    const loaded = new Promise((resolve) => browser.on("Page.loadEventFired", resolve));
    await browser.send("Page.navigate", { url: `${origin}/` });
    await loaded;
    const service = process.argv[2] === "bosh" ? `https://${domain}:${https}/http-bind` : `wss://${domain}:${https}/xmpp-websocket`;
    await call("login", { jid, password, service, version });
}

async function call(verb, facts) {
    const result = await browser.send("Runtime.evaluate", { expression: `robot.${verb}(${JSON.stringify(facts)})`, awaitPromise: true });
    if (result.exceptionDetails) tell("refused", { reason: JSON.stringify(result.exceptionDetails) });
}

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
