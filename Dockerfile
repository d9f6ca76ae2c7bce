# Two stages: the first builds a virtual environment, the second carries only that. Runs read-only, as nobody.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml setup.cfg setup.py MANIFEST.in README.md ./
COPY mockserver mockserver
COPY specs specs
COPY fixtures fixtures
RUN python -m venv /opt/mockserver && /opt/mockserver/bin/pip install --no-cache-dir '.[docs,redis]'

FROM python:3.12-slim
LABEL org.opencontainers.image.title="mockserver"
COPY --from=build /opt/mockserver /opt/mockserver
ENV PATH=/opt/mockserver/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MOCKSERVER_HOST=0.0.0.0 MOCKSERVER_PORT=8080
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s CMD ["mockserver", "health"]
CMD ["mockserver", "serve"]
