// @xmpp/client on Node as a robot: commands in, events out, one JSON object a line (robots.py has the vocabulary).
// Node trusts the test's authority through NODE_EXTRA_CA_CERTS.
import { client, xml } from "@xmpp/client";
import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import WebSocket from "ws";

globalThis.crypto ??= webcrypto;  // COMPAT: the Node 18 of Debian 12 has no such global; to go with Debian 12
globalThis.WebSocket ??= WebSocket;  // COMPAT: Node has one of its own since 22
const require = createRequire(import.meta.url);
const { version } = require("@xmpp/client/package.json");
const tell = (event, facts = {}) => console.log(JSON.stringify({ event, ...facts }));
const [MUC, USER, OWNER, ADMIN] = ["", "#user", "#owner", "#admin"].map((part) => `http://jabber.org/protocol/muc${part}`);
const bodies = [], nicks = {};
let xmpp, way, refused = false;

const refuse = (reason) => {
    if (!refused) tell("refused", { reason });
    refused = true;
};

function login({ jid, password, host, port, https }) {
    const [username, domain] = jid.split("@");
    const service = process.argv[2] === "websocket" ? `wss://${host}:${https}/xmpp-websocket` : `xmpp://${host}:${port}`;
    xmpp = client({ service, domain, resource: "node", username, password });
    xmpp.reconnect.stop();
    xmpp.on("error", (error) => refuse(String(error)));
    xmpp.on("send", (sent) => sent.attrs.mechanism && (way = sent.attrs));
    xmpp.on("online", (address) => tell("online", { jid: address.toString(), version, mechanism: way.mechanism, protocol: way.xmlns }));
    xmpp.on("stanza", heard);
    xmpp.start().catch((error) => refuse(String(error)));
}

function heard(stanza) {
    const result = stanza.getChild("result", "urn:xmpp:mam:2");
    if (result) {
        const body = result.getChild("forwarded", "urn:xmpp:forward:0")?.getChild("message")?.getChildText("body");
        if (body) bodies.push(body);
    } else if (stanza.getChild("x", USER) && stanza.is("presence")) {
        const isOwn = stanza.getChild("x", USER).getChildren("status").some((status) => status.attrs.code === "110");
        if (isOwn && !stanza.attrs.type) tell("joined");
    } else if (stanza.is("message") && stanza.attrs.type === "groupchat") {
        const [subject, body] = [stanza.getChildText("subject"), stanza.getChildText("body")];
        if (body) tell("groupchat", { from: stanza.attrs.from, body });
        else if (subject !== null) tell("subject", { subject });
    } else if (stanza.is("message") && stanza.getChildText("body")) {
        tell("message", { from: stanza.attrs.from, body: stanza.getChildText("body") });
    } else if (stanza.is("presence") && !stanza.attrs.type) {
        tell("presence", {
            from: stanza.attrs.from,
            show: stanza.getChildText("show") ?? "",
            status: stanza.getChildText("status") ?? "",
        });
    }
}

async function archive() {
    bodies.length = 0;
    for (let after; ; ) {
        const rsm = xml("set", "http://jabber.org/protocol/rsm", xml("max", {}, "5"), after && xml("after", {}, after));
        const query = xml("query", "urn:xmpp:mam:2", rsm);
        const fin = (await xmpp.iqCaller.request(xml("iq", { type: "set" }, query))).getChild("fin");
        if (fin.attrs.complete === "true") break;
        after = fin.getChild("set").getChildText("last");
    }
    tell("archive", { bodies });
}

const request = (type, to, payload) => xmpp.iqCaller.request(xml("iq", { type, to }, payload));

async function configure({ room, fields }) {
    const form = (await request("get", room, xml("query", OWNER))).getChild("query").getChild("x", "jabber:x:data");
    const filled = form.getChildren("field").map(({ attrs, children }) =>
        attrs.var in fields ? xml("field", { var: attrs.var }, xml("value", {}, fields[attrs.var])) :
            xml("field", { var: attrs.var }, ...children.filter((child) => child.name === "value")));
    await request("set", room, xml("query", OWNER, xml("x", { xmlns: "jabber:x:data", type: "submit" }, ...filled)));
    tell("configured");
}

async function affiliation({ room, affiliation, jid }) {
    await request("set", room, xml("query", ADMIN, xml("item", { affiliation, jid })));
    const answer = await request("get", room, xml("query", ADMIN, xml("item", { affiliation })));
    tell("affiliated", { members: answer.getChild("query").getChildren("item").map((item) => item.attrs.jid) });
}

const obey = {
    login,
    archive,
    configure,
    affiliation,
    join: ({ room, nick }) => xmpp.send(xml("presence", { to: `${room}/${(nicks[room] = nick)}` }, xml("x", MUC))),
    part: ({ room }) => xmpp.send(xml("presence", { to: `${room}/${nicks[room]}`, type: "unavailable" })),
    groupchat: ({ room, body }) => xmpp.send(xml("message", { to: room, type: "groupchat" }, xml("body", {}, body))),
    subject: ({ room, subject }) => xmpp.send(xml("message", { to: room, type: "groupchat" }, xml("subject", {}, subject))),
    presence: ({ show, status }) =>
        xmpp.send(xml("presence", {}, show && xml("show", {}, show), status && xml("status", {}, status))),
    message: ({ to, body }) => xmpp.send(xml("message", { to, type: "chat" }, xml("body", {}, body))),
    again: async () => {
        await xmpp.stop();
        await xmpp.start();
    },
    quit: () => xmpp.stop(),
};

for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    await obey[command.do](command);
    if (command.do === "quit") process.exit();
}
process.exit();  // the tests are gone
