# Two stages: the first builds a virtual environment, the second carries only that. Runs read-only, as nobody.
#
# The base is pinned by a tag that stays at one Python. For the same bytes at each build, pin its digest:
#   docker buildx imagetools inspect python:3.12.12-slim-bookworm
#   docker build --build-arg BASE=python:3.12.12-slim-bookworm@sha256:... -t mockserver:0.2.0 .
ARG BASE=python:3.12.12-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml setup.cfg setup.py MANIFEST.in README.md ./
COPY mockserver mockserver
COPY specs specs
COPY fixtures fixtures
COPY constraints/pinned.txt constraints/
# What is installed, and what builds it: pip takes the second from the one variable or, when it is newer, from the other.
RUN export PIP_CONSTRAINT=constraints/pinned.txt PIP_BUILD_CONSTRAINT=constraints/pinned.txt \
 && python -m venv /opt/mockserver && /opt/mockserver/bin/pip install --no-cache-dir '.[docs,redis]'

FROM ${BASE}
LABEL org.opencontainers.image.title="mockserver"
LABEL org.opencontainers.image.version="0.2.0"
COPY --from=build /opt/mockserver /opt/mockserver
# A volume that is mounted there is this user's when it is new.
RUN install -d -o 10001 -g 10001 /certs
# What is remembered between starts would fill the memory here, and be gone at each.
ENV MOCKSERVER_CACHE=false
ENV MOCKSERVER_HOST=0.0.0.0 MOCKSERVER_PORT=8080
ENV PATH=/opt/mockserver/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s CMD ["mockserver", "health"]
CMD ["mockserver", "serve"]
