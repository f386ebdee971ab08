// The robot inside the page: strophe.js as a web page uses it. tell() is given by browser.mjs.
/* global Strophe, $msg, $pres, $iq, tell */
"use strict";

let connection;
const bodies = [];
const say = (event, facts = {}) => tell(JSON.stringify({ event, ...facts }));
const textOf = (stanza, name) => stanza.getElementsByTagName(name)[0]?.textContent ?? "";

function onMessage(stanza) {
    const result = stanza.getElementsByTagNameNS("urn:xmpp:mam:2", "result")[0];
    if (result) bodies.push(textOf(result, "body"));
    else if (textOf(stanza, "body")) say("message", { from: stanza.getAttribute("from"), body: textOf(stanza, "body") });
    return true;
}

function onPresence(stanza) {
    if (!stanza.getAttribute("type"))
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
            const answer = await new Promise((resolve, reject) => connection.sendIQ(query, resolve, reject));
            if (answer.getElementsByTagName("fin")[0].getAttribute("complete") === "true") break;
            after = textOf(answer, "last");
        }
        say("archive", { bodies });
    },
    quit() {
        connection?.disconnect("bye");
    },
};
