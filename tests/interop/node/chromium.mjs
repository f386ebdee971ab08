// Chromium without a window, for one robot: its own profile, the test's authority trusted as an administrator would set it up
// (in the certificate database), and a page that comes from https://chat.example, which exists only in this browser. So the page
// has an origin of its own and a Content-Security-Policy. Chromium is driven through a pipe; nothing listens.
import { spawn, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const origin = "https://chat.example";

// Chromium's protocol: JSON, each message ended by a zero byte.
export class Browser {
    constructor(domain, ca) {
        this.home = mkdtempSync(join(tmpdir(), "chancery-browser-"));
        const database = join(this.home, ".pki/nssdb");
        mkdirSync(database, { recursive: true });
        execFileSync("certutil", ["-N", "--empty-password", "-d", `sql:${database}`]);
        execFileSync("certutil", ["-A", "-n", "test", "-t", "C,,", "-i", ca, "-d", `sql:${database}`]);
        // It ends with this process, however that ends: alone it would go on for ever.
        this.process = spawn("setpriv", ["--pdeathsig", "KILL", "chromium", "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--window-size=1280,900", "--lang=en",
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
    // Opens the page `/`. file(path) gives [type, body]; what it has not is empty.
    async open(policy, file) {
        const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
        this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
        this.on("Fetch.requestPaused", ({ requestId, request }) => {
            const [type, body] = file(new URL(request.url).pathname) ?? ["text/plain", ""];
            this.send("Fetch.fulfillRequest", {
                requestId, responseCode: 200, body: Buffer.from(body).toString("base64"),
                responseHeaders: [{ name: "Content-Type", value: type }, { name: "Content-Security-Policy", value: policy }],
            });
        });
        this.on("Runtime.bindingCalled", ({ payload }) => console.log(payload));
        this.on("Log.entryAdded", ({ entry }) => console.error(entry.level, entry.text, entry.url ?? ""));
        await this.send("Runtime.enable");
        await this.send("Log.enable");
        await this.send("Runtime.addBinding", { name: "tell" });
        await this.send("Fetch.enable", { patterns: [{ urlPattern: `${origin}/*` }] });
        await this.send("Page.enable");
        const loaded = new Promise((resolve) => this.on("Page.loadEventFired", resolve));
        await this.send("Page.navigate", { url: `${origin}/` });
        await loaded;
    }
    // The value of an expression in the page; what it throws is thrown here.
    async evaluate(expression) {
        const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }
}
