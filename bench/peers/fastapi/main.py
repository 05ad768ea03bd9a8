# The original, the design that this product replaces, rewritten for the bench: FastAPI, SQLAlchemy, bcrypt
# with cost 12, and a JWT whose subject is the email address.
import os
from datetime import datetime, timedelta

import bcrypt
from fastapi import Depends, FastAPI, Form, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from pydantic import BaseModel
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20)
open_session = sessionmaker(bind=engine, autocommit=False, autoflush=False)
Base = declarative_base()
SECRET = os.environ["SECRET"]


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True, index=True)
    username = Column(String, unique=True, index=True)
    email = Column(String, unique=True, index=True)
    full_name = Column(String)
    hashed_password = Column(String)


class NewUser(BaseModel):
    username: str
    email: str
    full_name: str
    password: str


class ShownUser(BaseModel):
    id: int
    username: str
    email: str
    full_name: str

    class Config:
        orm_mode = True


if os.environ.get("MIGRATE") == "on":
    Base.metadata.create_all(bind=engine)

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="login")


def get_db():
    db = open_session()
    try:
        yield db
    finally:
        db.close()


def current_user(token: str = Depends(bearer), db: Session = Depends(get_db)):
    try:
        email = jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
    except JWTError:
        raise HTTPException(status_code=401, detail="Could not validate credentials")
    user = db.query(User).filter(User.email == email).first()
    if user is None:
        raise HTTPException(status_code=401, detail="Could not validate credentials")
    return user


@app.post("/users/", response_model=ShownUser)
def register(body: NewUser, db: Session = Depends(get_db)):
    if db.query(User).filter(User.email == body.email).first():
        raise HTTPException(status_code=400, detail="Email already registered")
    if db.query(User).filter(User.username == body.username).first():
        raise HTTPException(status_code=400, detail="Username already registered")
    hashed = bcrypt.hashpw(body.password.encode(), bcrypt.gensalt(12)).decode()
    user = User(username=body.username, email=body.email, full_name=body.full_name, hashed_password=hashed)
    db.add(user)
    db.commit()
    db.refresh(user)
    return user


@app.post("/login")
def login(email: str = Form(), password: str = Form(), db: Session = Depends(get_db)):
    user = db.query(User).filter(User.email == email).first()
    if user is None or not bcrypt.checkpw(password.encode(), user.hashed_password.encode()):
        raise HTTPException(status_code=401, detail="Incorrect email or password")
    claims = {"sub": user.email, "exp": datetime.utcnow() + timedelta(hours=24)}
    return {"access_token": jwt.encode(claims, SECRET, algorithm="HS256"), "token_type": "bearer"}


@app.get("/users/me", response_model=ShownUser)
def me(user: User = Depends(current_user)):
    return user
