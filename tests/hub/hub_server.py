"""A small Hub on loopback, for tests: it speaks to the real huggingface_hub client over HTTP, and keeps everything in memory.

Repos, commits, pull requests, preupload, LFS and downloads by revision, with the Hub's status codes and headers. What a
commit holds is what arrived in it: bytes, hashed as git and LFS do. Tokens are "hf_" and the user's name.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote

import uvicorn
import yaml
from huggingface_hub import constants
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

LICENSES = {"apache-2.0", "mit", "cc-by-4.0", "cc-by-nc-4.0", "openrail", "unknown"}  # some of the Hub's
SLASH = "\x1f"  # stands for a slash inside a revision, as in refs/pr/1


@dataclass
class File:
    content: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def blob_id(self) -> str:
        """git's hash of what git stores: the content, or the pointer to it."""
        stored = self.content
        if self.lfs:
            pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(stored)}\n"
            stored = pointer.encode()
        return hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()


@dataclass
class Repo:
    owner: str
    private: bool
    sdk: str | None
    gated: bool = False
    commits: dict[str, dict[str, File]] = field(default_factory=dict)  # commit -> path -> file
    refs: dict[str, str] = field(default_factory=dict)  # branch or pull request -> commit

    def commit(self, ref: str, files: dict[str, File]) -> str:
        oid = hashlib.sha1(f"{ref} {len(self.commits)} {time.time_ns()}".encode()).hexdigest()
        self.commits[oid], self.refs[ref] = files, oid
        return oid


class Refused(Exception):
    """An answer that is no success, with the header that tells the client which error it is."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.response = JSONResponse(
            {"error": message or code}, status, headers={"X-Error-Code": code, "X-Error-Message": message or code}
        )


@dataclass
class Fault:
    """What goes wrong with a request whose "METHOD path" holds `of`.

    status, message: of the answer; without a status there is none for some seconds. does: whether the request is followed all the
    same, and only its answer is lost. ends: whether the Hub is down from then on.
    """

    of: str
    status: int | None = 500
    message: str = ""
    does: bool = False
    ends: bool = False
    seconds: float = 3


async def _nobody(message: Any) -> None:
    """Whom an answer is sent to that is lost."""


class Hub:
    """The state of a Hub; `url` once it serves, `log` of "METHOD path status", and what tests make go wrong."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}  # (models or spaces, id)
        self.storage: dict[str, bytes] = {}  # LFS objects by sha256
        self.log: list[str] = []
        self.ranges: list[str | None] = []  # that were asked for in downloads of LFS objects
        self.cuts: list[int] = []  # after how many bytes the next downloads of LFS objects break off
        self.down = False
        self.faults: list[Fault] = []  # each of the next request that it is of
        self.url = self.cdn_url = ""

    def put(self, name: str, folder: Path, private: bool = False, gated: bool = False) -> None:
        """A model, as if somebody had pushed what is in the folder."""
        repo = self.repos["models", name] = Repo(name.split("/")[0], private, None, gated)
        files = [path for path in folder.rglob("*") if path.is_file()]
        held = {
            path.relative_to(folder).as_posix(): File(path.read_bytes(), path.suffix == ".safetensors")
            for path in files
        }
        repo.commit("main", held)
        self.storage |= {file.sha256: file.content for file in held.values() if file.lfs}

    def environment(self, home: Path, token: str, **more: str) -> dict[str, str]:
        """Of a process that takes this for the Hub and has its cache in `home`; LFS is the protocol that is spoken here."""
        own = {"HF_ENDPOINT": self.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": token, **more}
        return {key: value for key, value in (os.environ | own).items() if value}

    # ---- what every request goes through -------------------------------------------------------------------------------

    def user(self, request: Request) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token and not token.startswith("hf_"):
            raise Refused(401, message="Invalid credentials in Authorization header")
        return token.removeprefix("hf_") or None

    def repo(self, request: Request, write: bool = False, content: bool = False) -> Repo:
        """The repo of a request, where its sender may see it; `content`: more than that it exists."""
        user = self.user(request)
        kind = request.path_params.get("kind", "models")
        repo = self.repos.get((kind, f"{request.path_params['user']}/{request.path_params['name']}"))
        if repo is None or (repo.private and user != repo.owner):
            raise Refused(404 if user else 401, "RepoNotFound", "Repository not found")
        if content and repo.gated and user != repo.owner:
            raise Refused(403 if user else 401, "GatedRepo", "Access to this model is restricted")
        if write and user != repo.owner:
            raise Refused(403 if user else 401, message="You don't have the rights to write here")
        return repo

    @staticmethod
    def revision(request: Request) -> str:
        return request.path_params.get("revision", "main").replace(SLASH, "/")

    def commit_of(self, request: Request, repo: Repo) -> str:
        revision = self.revision(request)
        oid = repo.refs.get(revision, revision)
        if oid not in repo.commits:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return oid

    # ---- the API ---------------------------------------------------------------------------------------------------------

    async def create(self, request: Request) -> Response:
        user, asked = self.user(request), await request.json()
        if user is None or asked.get("organization") not in (None, user):
            raise Refused(403 if user else 401, message="You cannot create a repo there")
        kind, name = asked.get("type", "model") + "s", f"{user}/{asked['name']}"
        url = f"{self.url}/{'spaces/' if kind == 'spaces' else ''}{name}"
        if (kind, name) in self.repos:
            return JSONResponse({"url": url, "error": "You already created this repo"}, 409)
        private = bool(asked.get("private")) or asked.get("visibility") == "private"
        repo = self.repos[kind, name] = Repo(user, private, asked.get("sdk"))
        repo.commit("main", {".gitattributes": File(b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n", False)})
        return JSONResponse({"url": url, "name": name})

    async def info(self, request: Request) -> Response:
        repo = self.repo(request)
        oid = self.commit_of(request, repo)
        name = f"{request.path_params['user']}/{request.path_params['name']}"
        files = [{"rfilename": path} for path in repo.commits[oid]]
        shown = {"id": name, "sha": oid, "private": repo.private, "gated": "auto" if repo.gated else False}
        return JSONResponse({**shown, "disabled": False, "sdk": repo.sdk, "tags": [], "siblings": files})

    async def tree(self, request: Request) -> Response:
        repo = self.repo(request)
        entries: list[dict[str, Any]] = []
        for path, file in repo.commits[self.commit_of(request, repo)].items():
            entry: dict[str, Any] = {"type": "file", "path": path, "size": len(file.content), "oid": file.blob_id}
            if file.lfs:
                entry["lfs"] = {"oid": file.sha256, "size": len(file.content), "pointerSize": 134}
            entries.append(entry)
        return JSONResponse(entries)

    async def validate_yaml(self, request: Request) -> Response:
        asked = await request.json()
        _, front, _ = asked["content"].split("---\n", 2)
        metadata, errors = yaml.safe_load(front), []
        if asked["repoType"] == "space" and not {"sdk", "title"} <= metadata.keys():
            errors.append({"message": "A Space needs a title and an sdk"})
        if "license" not in metadata:
            errors.append({"message": "license is missing"})
        elif metadata["license"] == "other":
            if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", metadata.get("license_name", "")):
                errors.append({"message": "license_name is an id of small letters, digits, . and -"})
            if not re.fullmatch(r"LICENSE(\.md)?|https?://\S+", metadata.get("license_link", "")):
                errors.append({"message": "license_link is LICENSE, LICENSE.md or an address"})
        elif metadata["license"] not in LICENSES:
            errors.append({"message": f"{metadata['license']} is no license that the Hub knows"})
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", metadata.get("base_model", "user/name")):
            errors.append({"message": "base_model is an id of a model"})
        return JSONResponse({"errors": errors, "warnings": []}, 400 if errors else 200)

    async def preupload(self, request: Request) -> Response:
        repo = self.repo(request, write=True)
        present = repo.commits[self.commit_of(request, repo)]
        modes = []
        for file in (await request.json())["files"]:
            binary = b"\0" in base64.b64decode(file["sample"])
            old = present.get(file["path"])
            modes.append(
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if binary or file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                    "oid": None if old is None else old.sha256 if old.lfs else old.blob_id,
                }
            )
        return JSONResponse({"files": modes})

    async def lfs_batch(self, request: Request) -> Response:
        self.repo(request, write=True)
        objects = []
        for wanted in (await request.json())["objects"]:
            known = {"oid": wanted["oid"], "size": wanted["size"]}
            upload = {"upload": {"href": f"{self.url}/lfs/{wanted['oid']}"}}
            objects.append(known if wanted["oid"] in self.storage else known | {"actions": upload})
        return JSONResponse({"transfer": "basic", "objects": objects})

    async def lfs_put(self, request: Request) -> Response:
        content = await request.body()
        if hashlib.sha256(content).hexdigest() != request.path_params["oid"]:
            raise Refused(400, message="The content is not what its hash says")
        self.storage[request.path_params["oid"]] = content
        return Response()

    async def commit(self, request: Request) -> Response:
        repo = self.repo(request, write=True)
        files = dict(repo.commits[self.commit_of(request, repo)])
        for line in (await request.body()).splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                files[value["path"]] = File(base64.b64decode(value["content"]), False)
            elif item["key"] == "lfsFile":
                if value["oid"] not in self.storage:
                    raise Refused(400, message="The LFS object was not uploaded")
                files[value["path"]] = File(self.storage[value["oid"]], True)
            elif item["key"] == "deletedFile":
                del files[value["path"]]
        answer: dict[str, Any] = {}
        ref = self.revision(request)
        if "create_pr" in request.query_params:
            number = 1 + sum(name.startswith("refs/pr/") for name in repo.refs)
            ref = f"refs/pr/{number}"
            answer["pullRequestUrl"] = f"{self.url}{self._page(request)}/discussions/{number}"
        oid = repo.commit(ref, files)
        return JSONResponse({**answer, "commitOid": oid, "commitUrl": f"{self.url}{self._page(request)}/commit/{oid}"})

    def _page(self, request: Request) -> str:
        kind = "/spaces" if request.path_params["kind"] == "spaces" else ""
        return f"{kind}/{request.path_params['user']}/{request.path_params['name']}"

    async def discussions(self, request: Request) -> Response:
        repo = self.repo(request)
        found = [
            {
                **{"title": "Upload", "num": int(ref.split("/")[-1]), "author": {"name": repo.owner}, "status": "open"},
                **{"createdAt": "2026-01-01T00:00:00.000Z", "isPullRequest": True},
                "repo": {"name": self._page(request).removeprefix("/"), "type": request.path_params["kind"][:-1]},
            }
            for ref in repo.refs
            if ref.startswith("refs/pr/")
        ]
        return JSONResponse({"discussions": found, "count": len(found), "start": 0})

    # ---- downloads -------------------------------------------------------------------------------------------------------

    async def resolve(self, request: Request) -> Response:
        repo = self.repo(request, content=True)
        oid = self.commit_of(request, repo)
        file = repo.commits[oid].get(request.path_params["path"])
        if file is None:
            raise Refused(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": oid, "ETag": f'"{file.blob_id}"'}
        if file.lfs:
            headers |= {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(len(file.content))}
            return Response(status_code=302, headers={**headers, "Location": f"{self.cdn_url}/{file.sha256}"})
        return Response(file.content, headers=headers)

    async def cdn(self, request: Request) -> Response:
        content = self.storage[request.path_params["oid"]]
        if request.method == "HEAD":
            return Response(headers={"Content-Length": str(len(content))})
        wanted = request.headers.get("range")
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        cut = self.cuts.pop(0) if self.cuts else None

        async def body() -> AsyncIterator[bytes]:
            if cut is not None:
                yield content[start : start + cut]
                raise ConnectionResetError("as the test wants it")
            yield content[start:]

        headers = {"Content-Length": str(len(content) - start)}
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return StreamingResponse(body(), 206 if wanted else 200, headers)

    def app(self) -> Starlette:
        repo, model = "/api/{kind}/{user}/{name}", "/{user}/{name}"
        routes = [
            Route("/api/repos/create", self.create, methods=["POST"]),
            Route("/api/validate-yaml", self.validate_yaml, methods=["POST"]),
            Route(f"{repo}/tree/{{revision}}", self.tree),
            Route(f"{repo}/preupload/{{revision}}", self.preupload, methods=["POST"]),
            Route(f"{repo}/commit/{{revision}}", self.commit, methods=["POST"]),
            Route(f"{repo}/discussions", self.discussions),
            Route(f"{repo}/revision/{{revision}}", self.info),
            Route(repo, self.info),
            Route("/lfs/{oid}", self.lfs_put, methods=["PUT"]),
            Route("/cdn/{oid}", self.cdn),
        ]
        for prefix in ("/{kind:str}", ""):  # spaces/user/name, and user/name of a model
            routes.append(Route(f"{prefix}{model}.git/info/lfs/objects/batch", self.lfs_batch, methods=["POST"]))
            routes.append(Route(f"{prefix}{model}/resolve/{{revision}}/{{path:path}}", self.resolve))

        async def refused(request: Request, error: Exception) -> Response:
            assert isinstance(error, Refused)
            return error.response

        return Starlette(routes=routes, exception_handlers={Refused: refused})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI: revisions arrive with their slashes quoted, so a path is split before it is unquoted."""
        if scope["type"] != "http":
            return
        scope = {**scope, "path": unquote(scope["raw_path"].decode().replace("%2F", SLASH))}

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.log.append(f"{scope['method']} {scope['path']} {message['status']}")
            await send(message)

        fault = next((each for each in self.faults if each.of in f"{scope['method']} {scope['path']}"), None)
        if fault:
            self.faults.remove(fault)
            self.down = self.down or fault.ends
            if fault.does:
                await self._app(scope, receive, _nobody)
            if fault.status is None:
                await asyncio.sleep(fault.seconds)
            headers = {"X-Error-Message": fault.message} if fault.message else {}
            await JSONResponse({"error": fault.message}, fault.status or 500, headers)(scope, receive, noted)
        elif self.down:
            await JSONResponse({"error": "Service Unavailable"}, 503)(scope, receive, noted)
        else:
            await self._app(scope, receive, noted)

    @contextmanager
    def serving(self) -> Iterator["Hub"]:
        self._app = self.app()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self.cdn_url = f"{self.url.replace('127.0.0.1', 'localhost')}/cdn"  # another host, as of the Hub's storage
            server = uvicorn.Server(uvicorn.Config(self, log_level="critical", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
            yield self
            server.should_exit = True
            thread.join(10)


@contextmanager
def client_of(env: dict[str, str]) -> Iterator[None]:
    """This process's Hub client is told what that of a new one reads from its environment."""
    told = {
        "ENDPOINT": env["HF_ENDPOINT"],
        "HUGGINGFACE_CO_URL_TEMPLATE": env["HF_ENDPOINT"] + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_TOKEN_PATH": f"{env['HF_HOME']}/token",
        "HF_HUB_CACHE": f"{env['HF_HOME']}/hub",
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_OFFLINE": env.get("HF_HUB_OFFLINE") == "1",
    }
    with mock.patch.dict(os.environ, env, clear=True), mock.patch.multiple(constants, **told):
        yield
