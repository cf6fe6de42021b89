# One image for web, worker and migrations; compose.yaml says which command runs where.
FROM python:3.12-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 hongqun \
    && install --directory --owner=hongqun /srv/hongqun /var/lib/hongqun-data

WORKDIR /srv/hongqun
USER hongqun

# The packages first: they change less often than the code.
COPY --chown=hongqun pyproject.toml requirements.lock Makefile README.md LICENSE ./
COPY --chown=hongqun app/__init__.py app/__init__.py
COPY --chown=hongqun workers/__init__.py workers/__init__.py
COPY --chown=hongqun migrations/env.py migrations/env.py
RUN make setup

COPY --chown=hongqun . .
RUN make check-install

ENV PATH=/srv/hongqun/.venv/bin:$PATH HONGQUN_DATA=/var/lib/hongqun-data
EXPOSE 8000
CMD ["hongqun", "web", "--host", "0.0.0.0"]
