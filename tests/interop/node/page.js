// The robot inside the page: strophe.js as a web page uses it. tell() is given by browser.mjs.
/* global Strophe, $msg, $pres, $iq, tell */
"use strict";

const [MUC, USER, OWNER, ADMIN] = ["", "#user", "#owner", "#admin"].map((part) => `http://jabber.org/protocol/muc${part}`);
let connection;
const bodies = [], nicks = {};
const say = (event, facts = {}) => tell(JSON.stringify({ event, ...facts }));
const textOf = (stanza, name) => stanza.getElementsByTagName(name)[0]?.textContent ?? "";

function onMessage(stanza) {
    const result = stanza.getElementsByTagNameNS("urn:xmpp:mam:2", "result")[0];
    if (result) bodies.push(textOf(result, "body"));
    else if (stanza.getAttribute("type") === "groupchat") onGroupchat(stanza);
    else if (textOf(stanza, "body")) say("message", { from: stanza.getAttribute("from"), body: textOf(stanza, "body") });
    return true;
}

function onGroupchat(stanza) {
    if (textOf(stanza, "body")) say("groupchat", { from: stanza.getAttribute("from"), body: textOf(stanza, "body") });
    else if (stanza.getElementsByTagName("subject")[0]) say("subject", { subject: textOf(stanza, "subject") });
}

const isOwn = (presence) => [...presence.getElementsByTagName("status")].some((status) => status.getAttribute("code") === "110");
const ask = (iq) => new Promise((resolve, reject) => connection.sendIQ(iq, resolve, reject));

function onPresence(stanza) {
    if (stanza.getElementsByTagNameNS(USER, "x")[0]) {
        if (isOwn(stanza) && !stanza.getAttribute("type")) say("joined");
    } else if (!stanza.getAttribute("type"))
        say("presence", { from: stanza.getAttribute("from"), show: textOf(stanza, "show"), status: textOf(stanza, "status") });
    return true;
}

window.robot = {
    login({ jid, password, service, version }) {
        connection = new Strophe.Connection(service);
        connection.maxRetries = 1;
        let wasOnline = false;
        connection.addHandler(onMessage, null, "message");
        connection.addHandler(onPresence, null, "presence");
        connection.connect(`${jid}/browser`, password, (status, condition) => {
            if (status === Strophe.Status.CONNECTED) {
                wasOnline = true;
                say("online", { jid: connection.jid, version });
            }
            const { CONNFAIL, AUTHFAIL, CONNTIMEOUT, DISCONNECTED } = Strophe.Status;
            if (!wasOnline && [CONNFAIL, AUTHFAIL, CONNTIMEOUT, DISCONNECTED].includes(status))
                say("refused", { reason: `${status} ${condition}` });
        });
    },
    presence({ show, status }) {
        const presence = $pres();
        if (show) presence.c("show").t(show).up();
        if (status) presence.c("status").t(status).up();
        connection.send(presence);
    },
    message({ to, body }) {
        connection.send($msg({ to, type: "chat" }).c("body").t(body));
    },
    async archive() {
        bodies.length = 0;
        for (let after; ; ) {
            const query = $iq({ type: "set" }).c("query", { xmlns: "urn:xmpp:mam:2" }).c("set", { xmlns: "http://jabber.org/protocol/rsm" });
            query.c("max").t("5").up();
            if (after) query.c("after").t(after).up();
            const answer = await ask(query);
            if (answer.getElementsByTagName("fin")[0].getAttribute("complete") === "true") break;
            after = textOf(answer, "last");
        }
        say("archive", { bodies });
    },
    join({ room, nick }) {
        nicks[room] = nick;
        connection.send($pres({ to: `${room}/${nick}` }).c("x", { xmlns: MUC }));
    },
    part({ room }) {
        connection.send($pres({ to: `${room}/${nicks[room]}`, type: "unavailable" }));
    },
    groupchat({ room, body }) {
        connection.send($msg({ to: room, type: "groupchat" }).c("body").t(body));
    },
    subject({ room, subject }) {
        connection.send($msg({ to: room, type: "groupchat" }).c("subject").t(subject));
    },
    async configure({ room, fields }) {
        const form = await ask($iq({ type: "get", to: room }).c("query", { xmlns: OWNER }));
        const filled = $iq({ type: "set", to: room }).c("query", { xmlns: OWNER }).c("x", { xmlns: "jabber:x:data", type: "submit" });
        for (const field of form.getElementsByTagName("field")) {
            const name = field.getAttribute("var");
            const values = name in fields ? [fields[name]] : [...field.children].filter((child) => child.localName === "value").map((value) => value.textContent);
            filled.c("field", { var: name });
            values.forEach((value) => filled.c("value").t(value).up());
            filled.up();
        }
        await ask(filled);
        say("configured");
    },
    async affiliation({ room, affiliation, jid }) {
        await ask($iq({ type: "set", to: room }).c("query", { xmlns: ADMIN }).c("item", { affiliation, jid }));
        const answer = await ask($iq({ type: "get", to: room }).c("query", { xmlns: ADMIN }).c("item", { affiliation }));
        say("affiliated", { members: [...answer.getElementsByTagName("item")].map((item) => item.getAttribute("jid")) });
    },
    quit() {
        connection?.disconnect("bye");
    },
};
