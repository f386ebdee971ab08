// Converse.js in headless Chromium as a robot (robots.py has the vocabulary). The page is used as a person uses it: by the mouse and
// the keyboard; and what it shows is what counts. A step that waits for the page says {"event": "done", what} or, when patience
// ends, {"event": "stuck", what, page: the text of the page}.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { extname, join } from "node:path";
import { Browser } from "./chromium.mjs";

const home = join(createRequire(import.meta.url).resolve("converse.js/dist/converse.min.js"), "../..");
const { version } = JSON.parse(readFileSync(join(home, "package.json")));
const tell = (event, facts = {}) => console.log(JSON.stringify({ event, ...facts }));
const types = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2" };
const conversation = "converse-chat:not(.hidden), converse-muc:not(.hidden)";
const shownTexts = `[...document.querySelectorAll(":is(${conversation}) .chat-msg__text")].map((text) => text.innerText)`;
let browser, patience;

const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Converse</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/dist/converse.min.css"><script type="module" src="/start.js"></script>
<body class="converse-fullscreen"><converse-root></converse-root>`;

function start(settings) {
    return `import converse from "/dist/converse.min.js"; (window.converse ?? converse).initialize(${JSON.stringify(settings)});`;
}

// Waits until an expression in the page is true; its value. (That an element has moved is announced by nothing.)
function until(expression) {
    return browser.evaluate(`new Promise((resolve, reject) => {
        const deadline = performance.now() + ${patience};
        const look = () => {
            const value = ${expression};
            if (value) resolve(value);
            else if (performance.now() > deadline) reject(new Error("in vain: " + ${JSON.stringify(expression)}));
            else setTimeout(look, 20);
        };
        look();
    })`);
}

const selector = (text) => `document.querySelector(${JSON.stringify(text)})`;

// Where an element is, once it stands still and nothing covers it: animations have ended.
async function place(of) {
    return JSON.parse(await until(`(() => {
        const element = ${selector(of)};
        element?.scrollIntoView({ block: "nearest" });
        const box = element?.getBoundingClientRect();
        const [x, y] = box ? [box.x + box.width / 2, box.y + box.height / 2] : [];
        const top = box?.width && document.elementFromPoint(x, y);
        const isFree = top && (element.contains(top) || top.contains(element));
        const [before, now] = [window.lastPlace, isFree && JSON.stringify([x, y])];
        window.lastPlace = now;
        return now === before && now;
    })()`));
}

async function click(on) {
    await browser.evaluate("window.lastPlace = undefined");
    const [x, y] = await place(on);
    for (const type of ["mousePressed", "mouseReleased"])
        await browser.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
}

async function press(key, code, text) {
    await browser.send("Input.dispatchKeyEvent", { type: "keyDown", key, code: key, windowsVirtualKeyCode: code, text });
    await browser.send("Input.dispatchKeyEvent", { type: "keyUp", key, code: key, windowsVirtualKeyCode: code });
}

async function write(into, text) {
    await click(into);
    await until(`document.activeElement === ${selector(into)}`);
    await browser.evaluate(`document.activeElement.select()`);
    await browser.send("Input.insertText", { text });
}

const say = async (text) => {
    const field = `:is(${conversation}) .chat-textarea`;
    await write(field, text);
    await press("Enter", 13, "\r");
    await until(`${selector(field)}.value === ""`);
};

const noDialogue = () => until(`!document.querySelector(".modal.show, .modal-backdrop")`);
const openChat = async (jid) => {
    await click(`.roster-group .open-chat[data-jid="${jid}"]`);
    await until(selector(`converse-chat[jid="${jid}"]:not(.hidden) .chat-textarea`));
};

async function login({ jid, password, https, ca, patience: seconds }) {
    const domain = jid.split("@")[1];
    patience = seconds * 1000;
    const settings = {
        view_mode: "fullscreen", websocket_url: `wss://${domain}:${https}/xmpp-websocket`, discover_connection_methods: false,
        assets_path: "/dist/", i18n: "en", play_sounds: false, show_desktop_notifications: false, allow_registration: false,
        auto_reconnect: false,
        muc_domain: `rooms.${domain}`, muc_search_service: `rooms.${domain}`,
        blacklisted_plugins: ["converse-omemo"],  // this server refuses what it cannot record
    };
    const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
        `font-src 'self'; worker-src 'self'; connect-src 'self' wss://${domain}:${https} https://${domain}:${https}`;
    browser = new Browser(domain, ca);
    await browser.open(policy, (path) => {
        if (path === "/") return ["text/html", html];
        if (path === "/start.js") return ["text/javascript", start(settings)];
        const file = join(home, path);
        if (path.startsWith("/dist/") && existsSync(file)) return [types[extname(path)] ?? "application/octet-stream", readFileSync(file)];
    });
    await write("input[name=jid]", `${jid}/converse`);
    await write("input[name=password]", password);
    await press("Enter", 13, "\r");
    const feedback = `document.querySelector(".conn-feedback.alert-danger, .conn-feedback.alert-error")?.innerText`;
    const outcome = await until(`document.querySelector(".change-status") ? "online" : ${feedback}`);
    if (outcome === "online") tell("online", { jid: `${jid}/converse`, version });
    else tell("refused", { reason: outcome });
}

const steps = {
    presence: async ({ show, status }) => {
        await click(".change-status");
        await click(`.modal.show input[name=chat_status][value="${show ?? "online"}"]`);
        await write(".modal.show input[name=status_message]", status);
        await press("Enter", 13, "\r");
        await until(`${selector(".xmpp-status__msg")}.innerText === ${JSON.stringify(status)}`);
        await click(".modal.show .modal-footer button[data-bs-dismiss=modal]");
        await noDialogue();
    },
    see: ({ jid, show }) =>
        until(selector(`.roster-group li[data-status="${show ?? "online"}"] .open-chat[data-jid="${jid}"]`)),
    message: async ({ to, body }) => {
        await openChat(to);
        await say(body);
    },
    // What has just been said stands in the conversation at hand, or in the one that shows that something is unread.
    hear: async ({ body }) => {
        const isShown = `${shownTexts}.includes(${JSON.stringify(body)})`;
        await until(`${isShown} || ${selector(".roster-group .open-chat.unread-msgs")}`);
        if (!(await browser.evaluate(isShown))) await click(".roster-group .open-chat.unread-msgs");
        await until(isShown);
    },
    history: async () => tell("archive", { bodies: await browser.evaluate(shownTexts) }),
    join: async ({ room, nick }) => {
        await click("#chatrooms converse-dropdown button");
        await click("#chatrooms .show-add-muc-modal");
        await write(".modal.show input[name=chatroom]", room);
        await write(".modal.show input[name=nickname]", nick);
        await click(".modal.show input[name=join]");
        await noDialogue();
        await until(selector(`converse-muc[jid="${room}"]:not(.hidden) .chat-textarea`));
    },
    configure: async ({ fields }) => {
        await click("converse-muc:not(.hidden) converse-muc-heading converse-dropdown button");
        await click("converse-muc:not(.hidden) .configure-chatroom-button");
        for (const [name, value] of Object.entries(fields)) await write(`.modal.show [name="${name}"]`, value);
        await click(".modal.show input[type=submit]");
        await noDialogue();
    },
    groupchat: ({ body }) => say(body),
    hear_in: ({ nick, body }) =>
        until(`[...document.querySelectorAll("converse-muc:not(.hidden) converse-chat-message")].some((message) => ` +
            `message.innerText.includes(${JSON.stringify(body)}) && message.innerText.includes(${JSON.stringify(nick)}))`),
    affiliation: async ({ affiliation, jid }) => {
        await say(`/${affiliation} ${jid}`);
        await click("converse-muc:not(.hidden) converse-muc-heading converse-dropdown button");
        await click("converse-muc:not(.hidden) .moderate-chatroom-button");
        await place(".modal.show select[name=affiliation]");
        await browser.evaluate(`${selector(".modal.show select[name=affiliation]")}.focus()`);
        await press(affiliation[0], affiliation.toUpperCase().charCodeAt(0), affiliation[0]);
        await until(`${selector(".modal.show select[name=affiliation]")}.value === ${JSON.stringify(affiliation)}`);
        await click(".modal.show input[name=users_with_affiliation]");
        const people = `[...document.querySelectorAll("#affiliations-tabpanel .list-group--users .active")]`;
        await until(`${people}.length`);
        tell("affiliated", { members: await browser.evaluate(`${people}.map((person) => person.innerText.replace("JID: ", ""))`) });
        await click(".modal.show .modal-header button[data-bs-dismiss=modal]");
        await noDialogue();
    },
    subject: ({ subject }) => say(`/topic ${subject}`),
    see_subject: ({ subject }) => until(`${selector("converse-muc:not(.hidden) .chat-head__desc")}?.innerText === ${JSON.stringify(subject)}`),
    file: async ({ path }) => {
        const input = "converse-muc:not(.hidden) .fileupload";
        await until(selector(input));
        const { root } = await browser.send("DOM.getDocument");
        const { nodeId } = await browser.send("DOM.querySelector", { nodeId: root.nodeId, selector: input });
        await browser.send("DOM.setFileInputFiles", { nodeId, files: [path] });
    },
    picture: async ({ path }) => {
        const { data } = await browser.send("Page.captureScreenshot", { format: "png" });
        writeFileSync(path, Buffer.from(data, "base64"));
    },
    part: async () => {
        await click("converse-muc:not(.hidden) converse-muc-heading converse-dropdown button");
        await click("converse-muc:not(.hidden) .close-chatbox-button");
        await click(".modal.show button[type=submit]");
        await noDialogue();
    },
};

async function step(command) {
    try {
        await steps[command.do](command);
        tell("done", { what: command.do });
    } catch (error) {
        tell("stuck", { what: command.do, why: String(error), page: await browser.evaluate("document.body.innerText") });
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    if (command.do === "login") await login(command);
    else if (command.do !== "quit") await step(command);
    else {
        await browser.close();
        process.exit();
    }
}
process.exit();  // the tests are gone
