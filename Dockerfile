# The asr command in a container; its data and runs are in /work.
#   CPU:  docker build -t asr .
#         docker run --rm --user "$(id -u)" -v "$PWD:/work" asr train corpus=espeak
#   CUDA: docker build -t asr:cuda --build-arg BASE=nvidia/cuda:13.0.1-runtime-ubuntu24.04 .
#         docker run --rm --user "$(id -u)" --gpus all --shm-size 8g -v "$PWD:/work" asr:cuda train
# Any base of the Debian family will do that has, or can install, Python 3.10 to 3.13.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

# On x86-64 pip's default torch carries CUDA's libraries, which do no harm without a GPU. For a
# smaller image: --build-arg PIP_FLAGS="--index-url ..." of an index with CPU builds of both torch
# and torchaudio.
ARG PIP_FLAGS=""
ARG EXTRAS="all"

SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN if ! command -v python3 > /dev/null; then \
        apt-get update; \
        apt-get install --yes --no-install-recommends python3 python3-venv; \
        rm -rf /var/lib/apt/lists/*; \
    fi; \
    python3 -m venv /opt/asr; \
    useradd --create-home asr; \
    install --directory --owner=asr /work
ENV PATH=/opt/asr/bin:$PATH PYTHONUNBUFFERED=1

COPY pyproject.toml constraints.txt README.md LICENSE /src/
COPY configs /src/configs
COPY src /src/src
# PIP_FLAGS is left unquoted: it may be several words.
# hadolint ignore=SC2086,DL3042
RUN pip install --no-cache-dir -c /src/constraints.txt ${PIP_FLAGS} "/src[${EXTRAS}]"

USER asr
# Whoever --user makes of it, what libraries cache goes where it may be written.
ENV HOME=/tmp
WORKDIR /work
ENTRYPOINT ["asr"]
CMD ["--help"]
