"""An MCP client made of the official Python SDK, driven line by line.

Usage: agent.py URL [auto|legacy], or agent.py stdio MODE PROGRAM WORDS... Each input line is a JSON object {"tool": ..., "arguments": {...}} or
{"list": true}; each output line is a JSON object. With a URL it signs in by OAuth first: it prints {"authorize": URL} and
waits on its own loopback port until a browser comes back there.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata


def say(value):
    print(json.dumps(value), flush=True)


class Memory:
    """Token storage that forgets."""

    def __init__(self):
        self.tokens = None
        self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Callback:
    """The loopback listener that the browser is sent back to."""

    def __init__(self):
        self.result = asyncio.get_running_loop().create_future()

    async def start(self):
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def answer(self, reader, writer):
        request = (await reader.readline()).decode()
        query = parse_qs(urlsplit(request.split(" ")[1]).query)
        first = lambda name: query.get(name, [None])[0]
        if first("code") and not self.result.done():
            self.result.set_result(AuthorizationCodeResult(code=first("code"), state=first("state"), iss=first("iss")))
        body = b"<!doctype html><title>done</title><h1>The agent is signed in</h1>"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()


async def lines():
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main(url, mode):
    callback = Callback()
    await callback.start()

    async def redirect(authorize):
        say({"authorize": authorize})

    async def wait():
        return await callback.result

    metadata = OAuthClientMetadata(
        client_name="Test agent",
        redirect_uris=[f"http://127.0.0.1:{callback.port}/callback"],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
    )
    storage = Memory()
    auth = OAuthClientProvider(url, metadata, storage, redirect_handler=redirect, callback_handler=wait)
    async with httpx2.AsyncClient(auth=auth, timeout=httpx2.Timeout(120)) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            say({"ready": True, "token": storage.tokens.access_token, "client_id": storage.client.client_id})
            await serve(client)


async def stdio(mode, program, *words):
    async with Client(stdio_client(StdioServerParameters(command=program, args=list(words))), mode=mode) as client:
        say({"ready": True})
        await serve(client)


async def serve(client):
    async for ask in lines():
        say(await one(client, ask))


async def one(client, ask):
    try:
        if ask.get("list"):
            listed = await client.list_tools()
            return {"tools": [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools]}
        heard = []

        async def progress(value, total, message):
            heard.append({"progress": value, "total": total, "message": message})

        result = await client.call_tool(ask["tool"], ask.get("arguments", {}), read_timeout_seconds=180, progress_callback=progress)
        return {
            "progress": heard,
            "isError": bool(result.is_error),
            "structured": result.structured_content,
            "text": "".join(part.text for part in result.content if part.type == "text"),
        }
    except Exception as error:  # a test reads it
        data = getattr(getattr(error, "error", None), "data", None)
        return {"error": f"{type(error).__name__}: {error}", "data": data}


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        asyncio.run(stdio(*sys.argv[2:]))
    else:
        asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "auto"))
