"""A row that breaks a constraint, through SQLAlchemy's ORM on SQLite."""

import pickle
import sys
import traceback

import sqlalchemy
import sqlalchemy.orm

import keeptrace


class Base(sqlalchemy.orm.DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: sqlalchemy.orm.Mapped[int] = sqlalchemy.orm.mapped_column(primary_key=True)
    email: sqlalchemy.orm.Mapped[str] = sqlalchemy.orm.mapped_column(unique=True)


def register(session, email):
    user = User(email=email)
    session.add(user)
    session.flush()


keeptrace.init()
engine = sqlalchemy.create_engine("sqlite://")
Base.metadata.create_all(engine)
try:
    with sqlalchemy.orm.Session(engine) as session:
        register(session, "ada@example.org")
        register(session, "ada@example.org")
except sqlalchemy.exc.IntegrityError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump({"error": error, "text": traceback.format_exc()}, file)
engine.dispose()
